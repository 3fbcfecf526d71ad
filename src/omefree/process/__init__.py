"""The process itself, and what the system gives it. Nothing here knows of visitors.

outlet.py       standard error, which neither raises nor waits
signals.py      the signals that a server answers
systemd.py      what systemd is told, and its journal
resources.py    descriptors and memory, and what is left of them
hardening.py    no core dump, no swap, no secret left in the environment
overwriting.py  the allocator that overwrites what is freed
"""
