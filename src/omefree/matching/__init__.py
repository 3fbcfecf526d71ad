"""Who meets whom, as pure rules: no clock, no chance, no I/O. `now` (seconds, monotonic) and the chance come in.

ticket.py      what goes in, and what comes out
interests.py   what people write, as keys that meet
synonyms.py    interests that have a name in each language (synonyms.txt)
rarity.py      what a shared interest is worth
index.py       who waits, by what they have in common
wakes.py       what is to happen when
exclusions.py  whom each visitor has met or reported: its history
apart.py       whom those who wait must not meet: what the tickets brought
lobby.py       the decisions
local.py       a lobby that knows the history of its own visitors
"""
