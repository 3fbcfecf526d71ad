"""Where waiting visitors find a partner: joining returns nothing, introductions arrive later.

interface.py     what an exchange does, and what it tells its listener
introduction.py  a pair, and the facts of its chat that both sides must agree on
memory.py        the exchange of one process
"""
