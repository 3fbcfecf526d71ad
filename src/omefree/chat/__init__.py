"""Turns a visitor's events into what happens. A chat is two halves: each process holds those of its own visitors.

options.py         what the chat is told by whoever puts it together
states.py          idle, searching, chatting: the table of moves
halves.py          one visitor's half of a chat, and the partner at the other end
visitor.py         what is held of a visitor
frames.py          events and acknowledgements as frames, and back
visitor_socket.py  one connection of a visitor: checks each event, relays, answers
pairing.py         find, leave, and what the exchange tells: who talks with whom
reunions.py        the same person again
reports.py         report: who is not to meet again
presence.py        who is here: arrivals, resume, departures
counter.py         the `online` event
"""
