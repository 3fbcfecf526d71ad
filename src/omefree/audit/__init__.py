"""Checks of what the policy claims: from outside, and on the host (docs/audit.md)."""
