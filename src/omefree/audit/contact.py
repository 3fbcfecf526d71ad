"""The first contact: where the server is, and what its certificate is worth."""

from __future__ import annotations

import asyncio
import ssl
import time
import warnings
from urllib.parse import urlsplit

from msgspec import Struct

from omefree.audit.check import Verdict, failed, not_applicable, passed
from omefree.audit.web import ANSWER_S, Site, Web
from omefree.client.address import Address, read_address
from omefree.client.websocket import unreachable
from omefree.errors import NotChecked

DAY_S = 86_400
LEADS_ELSEWHERE = (301, 302, 303, 307, 308)
OLD = ssl.TLSVersion.TLSv1_1  # the newest version that is not safe any more (RFC 8996)


class Tls(Struct, frozen=True):
    """`context`: what to connect with from now on; it looks at no certificate if this one is bad. `fault`: why it is,
    in the words of OpenSSL. `old`: a version is spoken that is not safe.
    """

    context: ssl.SSLContext | None = None
    fault: str = ""
    version: str = ""
    days_left: int = 0
    old: str = ""

    def verdict(self) -> Verdict:
        if self.context is None:
            return not_applicable("no_tls")
        if self.fault:
            return failed("certificate", fault=self.fault)
        if self.old:
            return failed("old_tls", version=self.old)
        return passed("tls", version=self.version, days=self.days_left)


def site_of(url: str) -> tuple[Site, Address]:
    """Raises ConnectError `address`."""
    address = read_address(url)
    parts = urlsplit(address.url)
    secure = parts.scheme == "wss"
    host = parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    return Site(secure, f"[{host}]" if ":" in host else host, port), address


async def look_at_tls(site: Site, address: Address, trust: ssl.SSLContext | None) -> Tls:
    """`trust`: whose certificates are good; None: the system's. Raises ConnectError if nobody answers."""
    if not site.secure:
        return Tls()
    context = trust or ssl.create_default_context()
    try:
        async with asyncio.timeout(ANSWER_S):
            version, days = await greet(site, context)
            return Tls(context, "", version, days, await speaks_old(site))
    except ssl.SSLCertVerificationError as error:
        return Tls(blind(), error.verify_message)
    except (OSError, ValueError) as error:
        raise unreachable(address, error) from None


async def greet(site: Site, context: ssl.SSLContext) -> tuple[str, int]:
    """The version that was agreed on, and how many days the certificate is good for. Raises OSError."""
    _, outgoing = await asyncio.open_connection(site.name, site.port, ssl=context)
    try:
        agreed: ssl.SSLObject = outgoing.get_extra_info("ssl_object")
        until = str((agreed.getpeercert() or {}).get("notAfter", ""))
        days = (ssl.cert_time_to_seconds(until) - time.time()) / DAY_S if until else 0
        return agreed.version() or "", int(days)
    finally:
        outgoing.transport.abort()


async def speaks_old(site: Site) -> str:
    """The unsafe version that the server still speaks; "" if it refuses."""
    context = blind()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is the server's, not ours
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, OLD
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        version, _ = await greet(site, context)
    except OSError:
        return ""
    return version


def blind() -> ssl.SSLContext:
    """Any certificate is good enough: to look further at a server whose own is not."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def leads_to(web: Web) -> str | None:
    """The https address of the same host that plain http leads to, as it should. Raises NotChecked."""
    answer = await web.page("/")
    if web.site.secure or answer.status not in LEADS_ELSEWHERE:
        return None
    target = urlsplit(answer.first("location"))
    return f"https://{target.netloc}" if target.scheme == "https" and target.hostname == web.site.name else None


async def is_plain_http_served(site: Site) -> bool:
    """Whether plain http gives anything but the way to https on this host. Only for the usual port: what is on port 80
    beside another one is not this server's.
    """
    if site.port != 443:
        return False
    try:
        return await leads_to(Web(Site(False, site.host, 80), None)) is None
    except NotChecked:
        return False  # nobody answers there
