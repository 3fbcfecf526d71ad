"""Checks of what the policy claims, from outside and on the server's machine (docs/audit.md)."""
