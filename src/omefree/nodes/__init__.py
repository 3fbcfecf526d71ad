"""Many machines: what each node does with what it hears of the others. No clock, no chance, no I/O.

stream.py      a peer's numbered stream: every item exactly once and in order, or both ends begin anew
roster.py      the other nodes: who can be reached, whose visitors are away, who is dead
leadership.py  who leads a pool: the leases of ours, and whom a home follows
"""
