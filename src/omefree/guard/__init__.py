"""The limits on what one visitor may do to the others and to the server, as pure rules: `now` is an argument.

record.py    what reports bring: the score of a visit and of an address key, and its pauses
quota.py     how often: token buckets, and the refusals that end a connection
control.py   the operator's orders: the form of the control file, and which addresses a block covers
counters.py  how many chats, reports and pauses a day has had, of everybody together
hours.py     how many were here in each hour of the day
waits.py     how long people searched before they met
confusables.py  letters, digits and marks that look like others
contacts.py  links and contacts in what a stranger says: clients alone use it, since the server cannot read
"""
