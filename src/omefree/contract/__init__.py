"""The wire contract: events, codes and limits, the one schema shared with the TypeScript page.

codes.py       the fixed words of the wire: codes, reasons, modes
events.py      every event and reply, with its arguments
limits.py      sizes, counts and rates
typescript.py  writes all of this as web/src/contract.ts
"""
