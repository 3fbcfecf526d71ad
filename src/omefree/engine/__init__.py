"""A Socket.IO server that knows nothing of chats.

options.py         the settings that an application gives to the engine
gate.py            the rule that decides which requests are served
alarms.py          the deadlines of all sessions on one timer
session.py         an Engine.IO session: heartbeat, upgrade, one queue, close
engine.py          all sessions of one path
chunks.py          joins the parts of a message
polling.py         the long-polling transport, without a network library
websocket.py       the WebSocket transport, without a network library
wiping_reader.py   reads HTTP into one buffer, which is overwritten at once
gather.py          writes frames, with one write for each connection and turn
tcp.py             bounds what the kernel keeps for a peer: how much, how long
port.py            the server: what accepts, starts and stops
tls.py             accepts on a TLS port, and tells plain HTTP from TLS
redirect.py        answers plain HTTP where all is at https
target.py          a request's target and its Host
http_connection.py  a connection: uvicorn for HTTP, ours for polls and upgrades
handover.py        a connection that belongs to another worker of this machine goes there
connection.py      a connection that is a WebSocket
parser.py          picows as a parser of frames, which all connections share; it alone imports picows
sockets.py         the Socket.IO layer: namespaces, events, acknowledgements
"""
