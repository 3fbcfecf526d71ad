"""Where waiting visitors meet: joining returns nothing, introductions arrive.

interface.py     what an exchange does, and what it tells its listener
introduction.py  two who are to talk, and the facts that both must agree on
memory.py        the exchange of one process
"""
