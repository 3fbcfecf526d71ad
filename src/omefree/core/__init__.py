"""The rules, pure: no clock, no chance, no I/O. `now` (seconds, monotonic) and the chance come in as arguments."""
