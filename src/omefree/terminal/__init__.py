"""`omefree chat URL`: the client on a terminal's whole screen. Pure but for `screen.py` and `program.py`."""
