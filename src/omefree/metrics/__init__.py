"""/metrics, for Prometheus: sums of everybody together, on a port of its own.

privacy/measurable.py lists all that it may say. It is imported only by a server that has the port: its library takes
0.1 s.

reading.py     the values, read from the running parts
lateness.py    how late the event loop is
merging.py     the values of several workers as one
exposition.py  the text, made with prometheus_client
endpoint.py    the port that gives it
serving.py     puts these together
"""
