"""Where waiting visitors find a partner: joining returns nothing, introductions arrive later.

interface.py     what an exchange does, and what it tells its listener
introduction.py  a pair, and the facts of its chat that both sides must agree on
memory.py        the exchange of one process

Between the nodes of a cluster:

acquaintances.py whom the visitors of a node must not meet, and which other nodes know them
cluster.py       the exchange of one node: drives what nodes/ decides
meeting.py       a pair of visitors of two nodes, as one of the two homes has it, and who is told
voting.py        the random key under which all nodes hash voters
bus.py           items to other nodes and from them, who these are, and which pools we lead
links.py         the streams to all other nodes: a turn's batches in one write
notices.py       what it has for the log
sealing.py       the seal of the batches
wire.py          the interface of what carries them
valkey.py        a wire over Valkey or Redis
siblings.py      a wire over that one, between the workers of one machine
connection.py    one life of the connection to it, with a line to each of its servers
line.py          one connection to one server
servers.py       the servers behind an address
address.py       the address of a Valkey or Redis
faults.py        a sentence for everything that can be wrong with one
registry.py      how registry.lua is called
registry.lua     leases and leaderships, in the one command that changes data
"""
