"""The limits on what one visitor may do to the others and to the server, as pure rules: `now` is an argument.

quota.py  how often: token buckets, and the refusals that end a connection
"""
