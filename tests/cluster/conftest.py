"""Engines that are more than one server, as the tests of the exchange make them."""

from tests.exchange.conftest import cluster, sentinel, start_engine

__all__ = ["cluster", "sentinel", "start_engine"]
