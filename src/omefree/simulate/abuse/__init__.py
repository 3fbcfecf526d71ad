"""Measures the rules against abuse: an invented crowd with bots and flashers, and whom each rule hinders and stops.

Design and figures in words: docs/reports.md.
"""
