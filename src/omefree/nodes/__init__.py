"""Many machines: what each node does with what it hears of the others. No clock, no chance, no I/O.

stream.py      a peer's numbered stream: every item exactly once and in order, or both ends begin anew
roster.py      the other nodes: who can be reached, whose visitors are away, who is dead
leadership.py  who leads a pool: the leases of ours, and whom a home follows
leader.py      the leader of a pool: a lobby that proposes
home.py        the searches of this node's visitors: told to leaders, or paired here
pool.py        one pool as a home sees it
promise.py     a chat of two homes begins when both have said yes
tickets.py     a ticket on its way to the leader
effects.py     what a home or a leader wants done
"""
