"""`omefree chat URL`: the client on a terminal's whole screen. Pure except `screen.py` and `program.py`."""
