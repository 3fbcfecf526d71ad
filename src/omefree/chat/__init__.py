"""Turns the events of visitors into searches, chats and reports.

A chat is two halves. Each process holds the halves of its own visitors.

options.py         the settings of the chat, given by whatever builds it
states.py          idle, searching, chatting: the table of moves
halves.py          one visitor's half of a chat, and the partner at the other end
visitor.py         everything that this process keeps about one visitor
frames.py          events and acknowledgements as frames, and back
visitor_socket.py  one connection of a visitor: checks each event, relays it, replies
pairing.py         find and leave, and the chats that begin with the exchange's introductions
reunions.py        two visitors who both ask for each other again
reports.py         reports: a reporter and its subject are not paired again
presence.py        the visitors of this process: arrival, resume, departure
counter.py         the `online` event
"""
