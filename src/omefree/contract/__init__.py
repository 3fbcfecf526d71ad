"""The wire contract: events, codes and limits, the one schema shared with the TypeScript page; and what nodes say.

codes.py       the fixed words of the wire: codes, reasons, modes
events.py      every event and reply, with its arguments
limits.py      sizes, counts and rates
nodes.py       what nodes of one cluster say to each other: items
moving.py      their items about a visitor that moves from one to another
item.py        what all items have in common
batches.py     the batches in which they send them
typescript.py  writes all of this as web/src/contract.ts
"""
