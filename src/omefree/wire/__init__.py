"""The codecs of Engine.IO v4 and Socket.IO v5: bytes in, values out, and back. Nothing else.

engineio.py  packets, long-polling payloads and the handshake of Engine.IO
socketio.py  the packets of Socket.IO, with their attachments
"""
