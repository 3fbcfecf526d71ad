"""`omefree load`: many sealed chats against one server, measured (docs/load.md).

schedule.py   who comes when, from where, and meets whom
histogram.py  times, counted
results.py    all that a run has measured
report.py     the results as a table and as JSON
sizing.py     from results to machines
target.py     where the load may aim
polling.py    the client's transport by long-polling
visit.py      one visit: four visitors meet each other in turn
usage.py      what a process uses, from /proc
run.py        all visits of a load test, beside a clock
picture.py    the results as SVG
command.py    the command: progress, text, exit code
"""
