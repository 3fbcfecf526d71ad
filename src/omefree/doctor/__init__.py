"""`omefree doctor`: whether a server works for its visitors, and the line that mends what does not (docs/doctor.md).

finding.py      what a check found
public.py       rules: what visitors meet at the public name
relay.py        rules: STUN and TURN
machine.py      rules: the machine and the server's process
report.py       the findings, for people and for programs
visit.py        looks at the public name
ways.py         asks STUN and TURN
allocation.py   a client of both, for these questions
host.py         reads the machine
examination.py  all of it, in order

The rules are PURE: facts in, findings out. Whatever looks, gives facts and judges nothing.
"""
