"""The port beside the page's that a server may have: /metrics, which says what the inventory lists and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from omefree.audit.proc import OpenSocket
from omefree.audit.web import Site, Web
from omefree.errors import NotChecked
from omefree.privacy.measurable import SERIES

ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}
ANSWER_S = 3.0  # on this machine
METRICS = "/metrics"
PAGE = ("/", "/healthz", "/socket.io/")  # what the page's port answers, and that of /metrics must not


def listening(sockets: Iterable[OpenSocket]) -> dict[int, Site]:
    """Where each TCP port of the process listens, in the ports' order; without TLS."""
    found = {each.port: each.host for each in sorted(sockets) if each.kind == "tcp" and each.listens}
    return {port: site_at(found[port], port) for port in sorted(found)}


def site_at(host: str, port: int) -> Site:
    """The site without TLS at an address that a socket shows."""
    host = ANY_HOST.get(host, host)
    return Site(False, f"[{host}]" if ":" in host else host, port)


async def metrics_ports(sockets: Iterable[OpenSocket]) -> Mapping[int, list[str]]:
    """The ports that answer /metrics and no page; with each, the series that it tells and that are not listed.

    A server with one TCP port has none: that is the page's.
    """
    sites = listening(sockets)
    if len(sites) < 2:
        return {}
    found = await asyncio.gather(*map(unlisted, sites.values()))
    return {port: series for port, series in zip(sites, found, strict=True) if series is not None}


async def unlisted(site: Site) -> list[str] | None:
    """The series that this site's /metrics tells and that are not listed; None if this is no port of /metrics."""
    web = Web(site, None, ANSWER_S)
    try:
        told = await web.ask(METRICS)
        if told.status != 200 or any([(await web.ask(path)).status != 404 for path in PAGE]):
            return None
    except NotChecked:
        return None
    lines = (line for line in told.text.splitlines() if line and not line.startswith("#"))
    return [series for series in (line.rpartition(" ")[0] for line in lines) if series not in SERIES]
