"""The codecs of Engine.IO v4 and Socket.IO v5: bytes in, values out, and back. Nothing else."""
