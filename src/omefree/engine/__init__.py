"""A Socket.IO server that knows nothing of chats.

options.py         what an application sets
gate.py            who may come in
alarms.py          the deadlines of all sessions on one timer
session.py         an Engine.IO session: heartbeat, upgrade, one queue, close
engine.py          all sessions of one path
chunks.py          a message that comes in several parts
polling.py         the long-polling transport, an ASGI application
websocket.py       the WebSocket transport, without a network library
wiping_reader.py   bytes on their way in, in one buffer that is overwritten
gather.py          frames on their way out, one write for each connection and turn
tcp.py             what the kernel keeps for a peer: how much, how long
uvicorn_picows.py  the server: uvicorn for HTTP, picows for WebSocket
listener.py        a WebSocket of picows: with uvicorn_picows.py the only module that imports it
sockets.py         the Socket.IO layer: namespaces, events, acknowledgements
"""
