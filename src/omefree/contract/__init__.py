"""The wire contract: events, codes and limits, the one schema shared with the TypeScript page; and what nodes say.

codes.py       the fixed words of the wire: codes, reasons, modes
events.py      every event and reply, with its arguments
limits.py      sizes, counts and rates
nodes.py       what nodes of one cluster say to each other
typescript.py  writes all of this as web/src/contract.ts
"""
