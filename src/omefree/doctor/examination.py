"""All that the doctor looks at, in order: the public name, STUN and TURN, the machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

import msgspec

from omefree import preflight
from omefree.client.address import is_local
from omefree.config import AUTO, Config, is_loopback
from omefree.contract.events import IceServer
from omefree.doctor import host, machine, public, relay, ways
from omefree.doctor.finding import Finding, bad, unseen
from omefree.doctor.visit import Desk, Visit, visit
from omefree.errors import ConnectError, StartError
from omefree.http.proxies import networks
from omefree.net.stun import DEFAULT_PORT
from omefree.net.turn import stun_servers, turn_servers
from omefree.privacy.policy import HostFacts

EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
LOOPBACKS = ("127.0.0.1", "::1")
NOBODY_SAID = "no session opened, so nobody said which servers there are"


async def examine(url: str | None, config: Config | None, pid: int | None = None) -> list[Finding]:
    """Every finding. `url`: look at the public name. `config`: look at this machine, whose server has these settings.

    Raises ConnectError if the URL is not an address.
    """
    seen = await visited(url, config)
    found = outside(url, seen)
    named = list(seen.ice) if url and isinstance(seen, Visit) and seen.ice is not None else from_settings(config)
    found += relay.findings(*await ways.look(named or []), NOBODY_SAID if named is None else "")
    if config is not None:
        facts = host.look(config, pid, hardened(seen), seen.certificate if isinstance(seen, Visit) else b"")
        found += machine.findings(facts)
        if config.exchange and config.exchange != AUTO:
            found.append(await exchange(config))
    return found


async def exchange(config: Config) -> Finding:
    """What is found of the engine between several servers. It is asked as a server would."""
    at = str(config.exchange_address)
    try:
        from omefree import cluster  # imported here: its library takes 0.1 s of a start, and may be missing

        return machine.exchange(at, "", [*await cluster.look(config), *preflight.of_node(config)])
    except StartError as error:
        return machine.exchange(at, str(error).removeprefix("exchange: "), ())


async def visited(url: str | None, config: Config | None) -> Visit | ConnectError | None:
    """A visit at the public name, or without one at this machine's server; None if that has no address of its own."""
    if url is None and config is not None and config.unix_socket is not None:
        return None
    at = Desk(config.control_file, proxies_of(config)) if config and config.control_file else None
    try:
        return await visit(url or own_url(config or Config()), at)
    except ConnectError as error:
        if error.reason == "address":
            raise
        return error


def proxies_of(config: Config) -> tuple[str, ...]:
    """The networks of the proxies that are trusted, and this machine's."""
    return (*LOOPBACKS, *(str(each) for named in config.trusted_proxies for each in networks(named)))


def own_url(config: Config) -> str:
    """Where the server of these settings is reached from this machine."""
    name = EVERY.get(config.host, config.host)
    shown = f"[{name}]" if ":" in name else name
    return f"{'https' if config.tls else 'http'}://{shown}:{config.port}{config.root_path}/"


def outside(url: str | None, seen: Visit | ConnectError | None) -> list[Finding]:
    """The findings about the public name; without one, those that this machine's server shows by itself."""
    if seen is None:
        return [unseen("page", "the server listens on a UNIX socket alone", "give the public address, too")]
    if isinstance(seen, ConnectError):
        return [bad("page", str(seen), reached(url, seen))]
    if url is None:
        rules = (public.page, public.version, public.legal) if seen.facts.running else (public.page,)
        return [rule(seen.facts) for rule in rules]
    return public.findings(seen.facts)


def reached(url: str | None, error: ConnectError) -> str:
    """What to do if nobody answers."""
    if error.reason == "name":
        return "an A or AAAA record for this name, at whoever runs your DNS"
    if error.reason == "tls":
        return f"end TLS at this port, by tls_cert and tls_key or in the proxy: {public.RECIPES}"
    if "TLS" in error.detail:
        return "a certificate for this name; `journalctl -u caddy` says why there is none, or the log of what ends TLS"
    if url is None or is_local(url.partition("://")[2].partition("/")[0].partition(":")[0]):
        return "systemctl start omefree; `journalctl -u omefree` says why it does not run"
    return "systemctl start omefree, start the proxy, and `ufw allow 443/tcp` in front of it"


def from_settings(config: Config | None) -> list[IceServer] | None:
    """The STUN and TURN servers that visitors would be told of; None without settings."""
    if config is None:
        return None
    port = DEFAULT_PORT if config.stun_port is None else config.stun_port
    turn = turn_servers(config.turn_url, config.turn_secret, time.time(), secrets.token_hex(8))
    return [*stun_servers(config.public_host or reachable(config), port), *turn]


def reachable(config: Config) -> str:
    """The address at which others reach this machine's STUN, by the settings or else by its routes."""
    if config.stun_host is not None and config.stun_host not in EVERY:
        return config.stun_host
    if not config.open_to_others:
        return "localhost"
    return config.host if config.host not in EVERY and not is_loopback(config.host) else host.outward()


def hardened(seen: Visit | ConnectError | None) -> HostFacts | None:
    """What the running server was allowed to do for its memory, as it tells on its pages."""
    if not isinstance(seen, Visit) or not isinstance(told := (seen.facts.told or {}).get("host"), Mapping):
        return None
    try:
        return msgspec.convert(told, type=HostFacts)
    except msgspec.ValidationError:
        return None
