"""Looks at a server through its public name, as a visitor's browser would."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping

import msgspec
from msgspec import Struct

from omefree.audit import promises
from omefree.audit.contact import Tls, blind, leads_to, look_at_tls, site_of
from omefree.audit.headers import is_kept_to_tls, weak
from omefree.audit.markup import Page
from omefree.audit.pages import HANDSHAKE, OTHER_SITE, POLLING, UPGRADE, sid_of
from omefree.audit.stage import Stage
from omefree.audit.web import Response, Site, Web
from omefree.client.address import is_local
from omefree.client.websocket import unreachable
from omefree.contract import events
from omefree.doctor.public import Answer, Counted, Family, PublicFacts
from omefree.errors import ConnectError, NotChecked, OrderError
from omefree.operator import desk
from omefree.wire.hosts import is_localhost
from omefree.words.catalogue import catalogue
from omefree.words.text import Text

ANSWER_S = 10.0  # for each answer
HEALTH, HSTS = "/healthz", "strict-transport-security"
PROXIES = ("nginx", "apache", "caddy")
AT_ONCE = 5  # sessions: the fewest that the desk tells as a number (guard/counters.py)
CLAIMED = "198.51.100.77"  # of a network for documentation (RFC 5737): no visitor has it


class Refusal(Struct, frozen=True):
    """The body of a refused request; of another server's, nothing is known."""

    reason: str = ""


class Health(Struct, frozen=True):
    """The part of /healthz that is read."""

    version: str


class Visit(Struct, frozen=True):
    """What was seen at the public name. `ice`: the servers that a visitor is told of; None: nobody could be asked.

    `certificate`: the one that is served, DER; empty without TLS.
    """

    site: Site
    facts: PublicFacts
    ice: tuple[events.IceServer, ...] | None
    certificate: bytes


class Desk(Struct, frozen=True):
    """Where the running server can be asked whom it counts (operator/desk.py), and the proxies that it trusts."""

    control_file: str
    proxies: tuple[str, ...] = ()


async def visit(
    url: str, at: Desk | None = None, trust: ssl.SSLContext | None = None, answer_s: float = ANSWER_S
) -> Visit:
    """Makes the visit. Raises ConnectError if nobody answers there. http that leads to https is followed.

    `trust` has the authorities to trust; None: the system's. `answer_s`: how long to wait for each answer, in seconds.
    """
    site, address = site_of(url)
    tls = await look_at_tls(site, address, trust)
    if not (site.secure or await is_answered(site.name, site.port)):
        raise unreachable(address, ConnectionRefusedError())
    web = Web(site, tls.context, answer_s)
    with contextlib.suppress(NotChecked):
        if led := await leads_to(web):
            return await visit(led, at, trust, answer_s)
    talks, ice = await talk(Stage(address, tls.context, answer_s))
    facts = await look(web, tls, talks, await counted(web, at))
    return Visit(site, facts, ice, await served(site))


async def look(web: Web, tls: Tls, talks: str, count: Counted | None) -> PublicFacts:
    """Asks for everything, one thing after the other."""
    page, page_said = await answer(web, "/")
    own = {"Origin": web.site.origin}
    return PublicFacts(
        host=web.site.name,
        secure=web.site.secure,
        local=is_local(web.site.name),
        tls=tls,
        page=page_said,
        polling=await poll(web, own),
        websocket=(await answer(web, HANDSHAKE, {**UPGRADE, **own}))[1],
        talks=talks,
        proxy=proxy_of(page),
        weak=tuple(weakened(page)) if page else (),
        knows_tls=is_localhost(web.site.name) or HSTS in dict(page.headers if page else ()),
        running=await running(web),
        skew_s=skew(page),
        told=await settings(web),
        counted=count,
        ipv4=await family(web.site, socket.AF_INET),
        ipv6=await family(web.site, socket.AF_INET6),
        named=is_name(web.site.name),
    )


def weakened(page: Response) -> Iterator[str]:
    """Yields the security headers of a page that are not as strict as ours; HSTS only if there is one."""
    yield from weak(page.headers, Page(page.text).referrers, (), OTHER_SITE)
    if page.first(HSTS) and not is_kept_to_tls(page.headers):
        yield HSTS


async def answer(web: Web, path: str, headers: Mapping[str, str] | None = None) -> tuple[Response | None, Answer]:
    """What comes to a GET: the response, None if there is none, and what it was."""
    try:
        came = await web.ask(path, headers)
    except NotChecked as error:
        return None, Answer(fault=english(error.reason))
    return came, Answer(came.status, code_of(came.body))


def english(text: Text) -> str:
    """A line of the audit in English, as the operator's other commands speak."""
    return catalogue().words("en").tell(text)


def code_of(body: bytes) -> str:
    """The contract's code in a refusal; empty if there is none."""
    try:
        return msgspec.json.decode(body, type=Refusal).reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


async def poll(web: Web, headers: Mapping[str, str]) -> Answer:
    """Opens a session by long-polling, and closes it."""
    opened, said = await answer(web, POLLING, headers)
    if opened is not None and said.status == 200:
        if not (sid := sid_of(opened)):
            return Answer(200, fault="what answers is no Engine.IO")
        await close(web, sid, headers)
    return said


async def close(web: Web, sid: str, headers: Mapping[str, str]) -> None:
    """Closes a polling session; one that is gone already is fine."""
    with contextlib.suppress(NotChecked):
        await web.ask(f"{POLLING}&sid={sid}", headers, method="POST", body=b"1")


async def talk(stage: Stage) -> tuple[str, tuple[events.IceServer, ...] | None]:
    """Comes in over a WebSocket: why that did not work, or empty; and the STUN and TURN servers that were named."""
    try:
        probe = await stage.probe()
        more = await probe.ask(events.Ice())
        return "", (*probe.welcome.ice_servers, *more.ice_servers)
    except ConnectError as error:
        return str(error), None
    except NotChecked as error:
        return english(error.reason), None
    finally:
        await stage.close()


def proxy_of(page: Response | None) -> str:
    """The proxy's name, if the answer tells it; OmeFree itself tells none."""
    told = page.first("server").lower() if page else ""
    return next((name for name in PROXIES if name in told), "")


async def running(web: Web) -> str:
    """The version that runs; empty if /healthz does not tell it."""
    came, _ = await answer(web, HEALTH)
    try:
        return msgspec.json.decode(came.body, type=Health).version if came else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def skew(page: Response | None) -> float | None:
    """How many seconds the server's clock is ahead of ours, by its Date header; None if it has none."""
    try:
        return email.utils.parsedate_to_datetime(page.first("date")).timestamp() - time.time() if page else None
    except ValueError:
        return None


async def settings(web: Web) -> Mapping[str, object] | None:
    """The settings in /privacy.json; None if they cannot be read."""
    try:
        return (await promises.read_policy(web)).settings
    except NotChecked:
        return None


async def family(site: Site, kind: socket.AddressFamily) -> Family:
    """The name's addresses of one family, and those where nobody answers."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(site.name, site.port, family=kind, type=socket.SOCK_STREAM)
    except OSError:
        return Family()
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    return Family(addresses, tuple([each for each in addresses if not await is_answered(each, site.port)]))


def is_name(host: str) -> bool:
    """Whether a host is a name and no address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


async def is_answered(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        async with asyncio.timeout(ANSWER_S):
            _, outgoing = await asyncio.open_connection(address, port)
    except OSError:
        return False
    outgoing.transport.abort()
    return True


async def served(site: Site) -> bytes:
    """The certificate that is served, good or not; empty without TLS."""
    if not site.secure:
        return b""
    with contextlib.suppress(OSError):
        async with asyncio.timeout(ANSWER_S):
            _, outgoing = await asyncio.open_connection(site.name, site.port, ssl=blind())
        try:
            return outgoing.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
        finally:
            outgoing.transport.abort()
    return b""


# --- who is counted ---


async def counted(web: Web, at: Desk | None) -> Counted | None:
    """Under which address the server counts us; None if nobody can be asked, or if no proxy can be between."""
    if at is None or is_local(web.site.name):
        return None
    try:
        own = await own_address(web.site)
        if ipaddress.ip_address(own).is_loopback:  # /etc/hosts has the public name: nobody can tell us from a proxy
            return None
        before = {each: is_crowd(at, each) for each in at.proxies}
        async with asyncio.timeout(ANSWER_S), opened(web, {}):
            is_own = is_crowd(at, own)
            is_proxy = any(is_crowd(at, each) and not before[each] for each in at.proxies)
        claim = {"X-Forwarded-For": CLAIMED, "Forwarded": f"for={CLAIMED}"}
        async with asyncio.timeout(ANSWER_S), opened(web, claim):
            return Counted(is_own, is_proxy, is_crowd(at, CLAIMED))
    except (NotChecked, OSError):
        return None


@contextlib.asynccontextmanager
async def opened(web: Web, headers: Mapping[str, str]) -> AsyncIterator[None]:
    """AT_ONCE polling sessions of ours. Raises NotChecked."""
    own = {"Origin": web.site.origin, **headers}
    sids = [sid_of(await web.ask(POLLING, own)) for _ in range(AT_ONCE)]
    try:
        yield
    finally:
        for sid in filter(None, sids):
            await close(web, sid, own)


async def own_address(site: Site) -> str:
    """Our address as the site's proxy sees it, if nothing between translates it. Raises OSError."""
    async with asyncio.timeout(ANSWER_S):
        _, outgoing = await asyncio.open_connection(site.name, site.port)
    try:
        return str(outgoing.get_extra_info("sockname")[0])
    finally:
        outgoing.transport.abort()


def is_crowd(at: Desk, prefix: str) -> bool:
    """Whether the server counts AT_ONCE sessions or more under an address."""
    try:
        told = desk.ask_present(at.control_file, desk.AskUnder(prefix)).sessions
    except OrderError:
        return False
    return isinstance(told, int) and told >= AT_ONCE
