"""Turns the events of visitors into searches, chats and reports.

A chat is two halves. Each process holds the halves of its own visitors.

options.py         the settings of the chat, given by whatever builds it
states.py          idle, searching, chatting: the table of moves
halves.py          one visitor's half of a chat, and the partner at the other end
visitor.py         everything that this process keeps about one visitor
frames.py          events and acknowledgements as frames, and back
visitor_socket.py  one connection of a visitor: checks each event, relays it, replies
pairing.py         find and leave, and the chats that begin with the exchange's introductions
remote.py          the partner of a chat that lives at another node: its messages travel as items
remote_chats.py    all chats with other nodes: how they begin, what comes for them, what a fault does
seats.py           the halves here of these chats, and the order of what comes for them while either side moves
comparing.py       after a fault: which of these chats both nodes have
afterwards.py      what comes after such a chat: its report, and the next one if both ask
arrivals.py        visitors who come here with a token of another node
departures.py      visitors who move from here to another node
tokens.py          a token that was shown somewhere: who has its visitor, and who gets it
seating.py         takes visitors in, and gives them away
estate.py          all of a visitor, as one node tells another
reunions.py        two visitors who both ask for each other again
reports.py         reports: a reporter and its subject are not paired again
safety.py          who may search and who may report, by the record of reports
fading.py          what a report needs of the last chat, until it is forgotten
presence.py        the visitors of this process: arrival, resume, departure
orders.py          what the operator has ordered for everybody: open, text only, frozen
operator.py        what these orders do to the visitors: ends, tells, shuts out
counter.py         the `online` event
farewell.py        the `moving` event: to everybody, before the server ends
"""
