"""The codecs of Engine.IO v4 and Socket.IO v5, bytes in, values out, and back; and one rule for host names.

engineio.py  packets, long-polling payloads and the handshake of Engine.IO
socketio.py  the packets of Socket.IO, with their attachments
hosts.py     which host names are each machine's own
"""
