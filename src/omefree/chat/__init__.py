"""Turns a visitor's events into what happens.

frames.py         events and acknowledgements as frames, and back
visitor.py        what is held of a visitor, and of a chat
seat.py           one link of a visitor: checks each event, relays, answers
introductions.py  find, leave, report, again: who talks with whom
lounge.py         who is here: arrivals, resume, departures
counter.py        the `online` event
"""
