"""Listening, STUN and TURN: the network beside the chat itself.

activation.py  sockets that systemd has opened for us
sockets.py     sockets on every address of a name
stun.py        a STUN server, which tells a browser its public address
turn.py        the STUN and TURN servers that a browser is told to use
urls.py        the URLs of such servers
peers.py       the networks that no relay may reach
unix.py        UNIX sockets
"""
