"""Benchmarks; `make bench` writes the tables. They are no part of the tests, as a busy machine would make them fail."""
