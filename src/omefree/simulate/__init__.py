"""Measures the lobby's introductions: an invented day, policies that pair its visitors, and the best possible pairs."""
