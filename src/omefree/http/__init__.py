"""All that is served over HTTP: the routes, their headers and pages, and the rule for connections.

app.py         the routes
arithmetic.py  the figures of reports and pauses, for /terms
gate.py        the engine's gate: origins, address keys, connection caps
headers.py     the security headers of every answer
pages.py       the pages that the server renders: /privacy, /terms, /safety, /legal, /status, not found
proxies.py     a visitor's address and scheme, from the socket or a trusted proxy
status.py      the figures of /status
static.py      the built web app, served from memory
"""
