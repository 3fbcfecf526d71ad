"""The operator's orders: the commands on one side, the server that obeys on the other, a file and a socket between.

What may be ordered is in guard/control.py, what an order does to visitors in chat/operator.py.

file.py      reads the control file
writer.py    changes it: the commands alone do
desk.py      the socket beside it: questions and answers in numbers, both ends
certificate.py  what is wrong with a certificate, and until when it is good
renewing.py     serves the certificate, and the renewed one once its files have changed
commands.py  `omefree freeze`, `block`, `safety` and the others
obeying.py   the server's side: obeys the file, answers at the desk
"""
