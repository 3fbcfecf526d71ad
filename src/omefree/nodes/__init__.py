"""Many machines: what each node does with what it hears of the others. No clock, no chance, no I/O.

stream.py      a peer's numbered stream: every item exactly once and in order, or both ends begin anew
"""
