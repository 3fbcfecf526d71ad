"""The rules by which visitors are paired: no clock, no chance, no I/O.

`now` (seconds, monotonic) and the chance are arguments.

ticket.py      the input of the lobby and its output
interests.py   typed interests as keys that can be compared
synonyms.py    interests that have a name in each language (synonyms.txt)
rarity.py      the weight of a shared interest
index.py       the waiting tickets, filed by what they have in common
wakes.py       times, and the work that is due at each
exclusions.py  the partners that each visitor has met or reported: its history
apart.py       the exclusions that the waiting tickets brought
lobby.py       the decisions
local.py       a lobby that knows the history of its own visitors
"""
