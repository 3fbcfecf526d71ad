"""Several processes of one machine behind one port: `omefree serve --workers N`. Each is a node of the chat.

supervisor.py  starts the workers, starts them again, ends them; it knows nothing of visitors
process.py     one worker as the supervisor sees it
shared.py      what all workers have in common: the sockets that listen, and the memory of `places.py`
places.py      how many are connected at all workers, in memory that they share
private.py     the Valkey of `--exchange auto`
folder.py      the folder of its socket
brief.py       what a worker is told when it starts, and of its siblings later; descriptors come along
worker.py      the worker's side of that
mailbox.py     what one worker sends to another: connections and questions
"""
