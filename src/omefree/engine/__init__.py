"""A Socket.IO server that knows nothing of chats.

options.py   what an application sets
gate.py      who may come in
alarms.py    the deadlines of all sessions on one timer
session.py   an Engine.IO session: heartbeat, upgrade, one queue, close
engine.py    all sessions of one path
pieces.py    a message that comes in several parts
polling.py   the long-polling transport, an ASGI application
websocket.py the WebSocket transport, without a network library
intake.py    bytes on their way in, in one buffer of ours
gather.py    frames on their way out, one write for each connection and turn
kernel.py    what the kernel keeps for a peer
glue.py      uvicorn and picows
listener.py  a WebSocket of picows: with glue.py the only module that imports it
sockets.py   the Socket.IO layer: namespaces, events, acknowledgements
"""
