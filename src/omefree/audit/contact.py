"""The first contact: where the server is, and whether its certificate and its TLS are good."""

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
from omefree.client.websocket import unreachable_at_all
from omefree.errors import NotChecked

DAY_S = 86_400
LEADS_ELSEWHERE = (301, 302, 303, 307, 308)
OLD = ssl.TLSVersion.TLSv1_1  # the newest version that is no longer safe (RFC 8996)


class Tls(Struct, frozen=True):
    """What the first contact found out about TLS.

    `context` is for all later connections; None without TLS. It checks no certificate if the server's is bad. `fault`
    says in OpenSSL's words why the certificate is bad; it is empty if it is good. `old` is an unsafe version that the
    server speaks; it is empty if there is none.
    """

    context: ssl.SSLContext | None = None
    fault: str = ""
    version: str = ""
    days_left: int = 0
    old: str = ""

    def verdict(self) -> Verdict:
        """The verdict of the check `tls`."""
        if self.context is None:
            return not_applicable("no_tls")
        if self.fault:
            return failed("certificate", fault=self.fault)
        if self.old:
            return failed("old_tls", version=self.old)
        return passed("tls", version=self.version, days=self.days_left)


def site_of(url: str) -> tuple[Site, Address]:
    """The site and the address of a URL. Raises ConnectError with the reason `address` if the URL is none."""
    address = read_address(url)
    parts = urlsplit(address.url)
    secure = parts.scheme == "wss"
    host = parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    return Site(secure, f"[{host}]" if ":" in host else host, port, parts.path.removesuffix("/socket.io/")), address


async def look_at_tls(site: Site, address: Address, trust: ssl.SSLContext | None) -> Tls:
    """Connects to see the certificate and the versions of TLS.

    `trust` has the authorities to trust; None: the system's. Raises ConnectError if nobody answers.
    """
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
        raise await unreachable_at_all(address, error) from None


async def greet(site: Site, context: ssl.SSLContext) -> tuple[str, int]:
    """The TLS version agreed on, and how many more days the certificate is valid. Raises OSError."""
    _, outgoing = await asyncio.open_connection(site.name, site.port, ssl=context)
    try:
        agreed: ssl.SSLObject = outgoing.get_extra_info("ssl_object")
        until = str((agreed.getpeercert() or {}).get("notAfter", ""))
        days = (ssl.cert_time_to_seconds(until) - time.time()) / DAY_S if until else 0
        return agreed.version() or "", int(days)
    finally:
        outgoing.transport.abort()


async def speaks_old(site: Site) -> str:
    """The unsafe version that the server still speaks; empty if it refuses all of them."""
    context = blind()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # we offer the old version on purpose
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, OLD
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        version, _ = await greet(site, context)
    except OSError:
        return ""
    return version


def blind() -> ssl.SSLContext:
    """A context that accepts any certificate. With it the audit looks further at a server whose own is bad."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def leads_to(web: Web) -> str | None:
    """The https address on the same host to which plain http redirects, as it should.

    None if it redirects to none, or if the site is https itself. Raises NotChecked.
    """
    answer = await web.page("/")
    if web.site.secure or answer.status not in LEADS_ELSEWHERE:
        return None
    try:
        target = urlsplit(answer.first("location"))
    except ValueError:  # not an address
        return None
    root = f"{web.site.root}/" if web.site.root else ""
    return f"https://{target.netloc}{root}" if target.scheme == "https" and target.hostname == web.site.name else None


async def is_plain_http_served(site: Site) -> bool:
    """Whether plain http on this host answers with anything but the redirect to https.

    False if the site is not on port 443: what is on port 80 is then another server's.
    """
    if site.port != 443:
        return False
    try:
        return await leads_to(Web(Site(False, site.host, 80), None)) is None
    except NotChecked:
        return False  # nobody answers there
