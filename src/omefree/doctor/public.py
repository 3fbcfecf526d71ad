"""Rules: what visitors meet at the public name. PURE."""

from collections.abc import Mapping

from msgspec import Struct

from omefree import __version__
from omefree.audit.contact import Tls
from omefree.doctor.finding import Finding, bad, good, unseen, warning

RENEW_DAYS = 21  # certbot renews with 30 left, so that fewer mean that it did not
SKEW_MAX_S = 60  # TURN credentials live 600 s, and a resume counts seconds
RECIPES = "docs/proxies.md has whole files for nginx, Caddy, HAProxy and Apache"
UPGRADES = {
    "nginx": "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;",
    "apache": "ProxyPass / http://127.0.0.1:8000/ upgrade=websocket",
}
FORWARDS = {
    "nginx": "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; "
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "apache": 'ProxyPreserveHost On and RequestHeader set X-Forwarded-Proto "https"',
}
TRUST = 'and in OmeFree\'s settings: trusted_proxies = ["127.0.0.1", "::1"], or the address that the proxy comes from'
CERTIFICATES = {  # what OpenSSL says, in part, and what to do
    "expired": "renew it (`certbot renew`), then `systemctl reload` of what serves it",
    "not yet valid": "set the clock: `timedatectl set-ntp true`",
    "hostname mismatch": "get a certificate for this name: `certbot certonly -d {host}`",
    "ip address mismatch": "use the name that the certificate is for in the page's address",
    "local issuer": "serve the whole chain: tls_cert, or the proxy's setting, names fullchain.pem and not cert.pem",
    "too weak": "make a new key: `certbot certonly --key-type ecdsa -d {host}`",
    "self-signed": "get a certificate that browsers trust: `certbot certonly -d {host}`",
}


class Answer(Struct, frozen=True):
    """What came to a request: the HTTP status, 0 if none; the server's own code for a refusal; why nothing came."""

    status: int = 0
    code: str = ""
    fault: str = ""

    @property
    def said(self) -> str:
        """The answer in words."""
        return self.fault or f"HTTP {self.status}" + (f" ({self.code})" if self.code else "")


class Counted(Struct, frozen=True):
    """Under which address the server counts sessions of ours: the visitor's, the proxy's, one that we only claimed."""

    own: bool
    proxy: bool
    claimed: bool


class Family(Struct, frozen=True):
    """Addresses of one family that the name has, and those where nobody answers."""

    addresses: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()


class PublicFacts(Struct, frozen=True, kw_only=True):
    """What a visit found. `proxy` is its name if it tells it; `skew_s` how far the server's clock is ahead of ours.

    `weak`: the security headers that are not as OmeFree sends them; `knows_tls`: it sent that for TLS.
    `told`: the settings in /privacy.json; None: they could not be read. `running`: the version that answers.
    """

    host: str
    secure: bool
    local: bool
    tls: Tls
    page: Answer
    polling: Answer
    websocket: Answer
    talks: str = ""  # why no event came by the WebSocket; empty if one came
    proxy: str = ""
    weak: tuple[str, ...] = ()
    knows_tls: bool = True
    running: str = ""
    skew_s: float | None = None
    told: Mapping[str, object] | None = None
    counted: Counted | None = None
    ipv4: Family = Family()
    ipv6: Family = Family()
    named: bool = True  # the host is a name and no address


def findings(it: PublicFacts) -> list[Finding]:
    """Every finding about the public name; only the way there, if no OmeFree server answers."""
    found = [page(it), tls(it), families(it)]
    if not it.running:
        return found
    return [*found, polling(it), websocket(it), headers(it), visitors(it), clock(it), version(it), legal(it)]


def tls(it: PublicFacts) -> Finding:
    """Chain, name, dates and key of the certificate, as OpenSSL judges them, and the versions of TLS."""
    if not it.secure:
        if it.local:
            return good("tls", "none on this machine itself; browsers allow the camera there")
        return bad(
            "tls",
            "none: browsers give a page the camera over https alone",
            "give tls_cert and tls_key, or put a proxy that ends TLS in front: " + RECIPES,
        )
    if it.tls.fault:
        return bad("tls", f"the certificate is not good: {it.tls.fault}", renewal(it.tls.fault, it.host))
    if it.tls.old:
        return bad("tls", f"{it.tls.old} is still spoken, which is not safe", "nginx: ssl_protocols TLSv1.2 TLSv1.3;")
    days = f"{it.tls.version}; the certificate is good for {it.tls.days_left} more days"
    if it.tls.days_left < RENEW_DAYS:
        return warning("tls", days, "`certbot renew --dry-run` says why it is not renewed by itself")
    return good("tls", days)


def renewal(fault: str, host: str) -> str:
    """What to do about what OpenSSL says of a certificate."""
    known = next((mend for part, mend in CERTIFICATES.items() if part in fault.lower()), "")
    return known.format(host=host) or f"`openssl s_client -connect {host}:443 -servername {host}` shows the chain"


def page(it: PublicFacts) -> Finding:
    """Whether OmeFree's page comes, and not somebody else's."""
    if it.page.status == 200 and it.running:
        return good("page", f"omefree/{it.running} answers")
    if it.page.status in (502, 503, 504):
        return bad("page", f"the proxy finds no server behind it: {it.page.said}", "systemctl start omefree")
    return bad("page", f"this is no OmeFree server: {it.page.said}", f"send every path to OmeFree's port: {RECIPES}")


def polling(it: PublicFacts) -> Finding:
    """Whether long-polling gets through."""
    if it.polling.status == 200:
        return good("polling", "a session opens by long-polling")
    return refused("polling", it.polling, it)


def websocket(it: PublicFacts) -> Finding:
    """Whether WebSockets get through, and events over them."""
    if it.websocket.status != 101:
        return refused("websocket", it.websocket, it)
    if it.talks:
        return bad(
            "websocket",
            f"it opens, and nothing comes through: {it.talks}",
            UPGRADES.get(it.proxy) or f"the proxy must not hold back what it passes on: {RECIPES}",
        )
    return good("websocket", "a WebSocket opens, and an event comes through")


def refused(check: str, answer: Answer, it: PublicFacts) -> Finding:
    """Why a session of the page's own origin is not let in."""
    if answer.code == "origin":
        return bad(check, "the server takes its own page for another site's: every visitor is refused", forwarding(it))
    if answer.code in ("rate_limited", "full", "draining"):
        return unseen(check, f"the server lets nobody in for now: {answer.said}", "wait 10 seconds and ask again")
    if check == "websocket" and answer.status in (200, 400, 404, 405, 426, 501):
        lines = UPGRADES.get(it.proxy, RECIPES)
        return bad(check, f"no WebSocket: {answer.said}; visitors have to poll, which is slower", lines)
    return bad(check, f"no session: {answer.said}", f"send /socket.io/ to OmeFree's port: {RECIPES}")


def forwarding(it: PublicFacts) -> str:
    """The lines by which a proxy tells OmeFree the host, the scheme and the visitor's address."""
    return f"{FORWARDS.get(it.proxy, 'pass on Host, X-Forwarded-Proto and X-Forwarded-For: ' + RECIPES)} {TRUST}"


def headers(it: PublicFacts) -> Finding:
    """Whether the security headers arrive as OmeFree sends them, and whether it knows that TLS is used."""
    if it.weak:
        return bad(
            "headers",
            f"on the way these headers are lost, doubled or weakened: {', '.join(it.weak)}",
            "take add_header, Header set and proxy_hide_header for them out of the proxy: OmeFree sends them",
        )
    if it.secure and not it.knows_tls:
        return bad("headers", "OmeFree does not know that visitors come over TLS: there is no HSTS", forwarding(it))
    return good("headers", "the security headers arrive")


def visitors(it: PublicFacts) -> Finding:
    """Whether the server counts each visitor under its own address."""
    if it.local:
        return unseen("visitors", "whoever a proxy counts is seen by its public address alone")
    if it.counted is None:
        return unseen(
            "visitors",
            "under which address a visitor is counted can be asked on the server's machine alone",
            "there, run it with --config, and control_file in the settings (docs/operating.md)",
        )
    if it.counted.claimed:
        return bad("visitors", "a visitor can choose the address under which it is counted", forwarding(it))
    if it.counted.own:
        return good("visitors", "a visitor is counted under its own address")
    if it.counted.proxy:
        return bad("visitors", "all visitors are counted as one, under the proxy's address", forwarding(it))
    return unseen("visitors", "the server did not count our sessions under an address that we know")


def families(it: PublicFacts) -> Finding:
    """Whether the name leads to the server over IPv4 and IPv6."""
    if not it.named or it.local:
        return good("ipv6", "no name to look up")
    for each, name, record in ((it.ipv6, "IPv6", "AAAA"), (it.ipv4, "IPv4", "A")):
        if each.dead:
            return bad(
                "ipv6",
                f"nobody answers over {name}, at {each.dead[0]}: such visitors wait or fail",
                f'host = "::", the port open for {name} in the firewall, or no {record} record',
            )
    if not it.ipv6.addresses:
        return good("ipv6", "the name has IPv4 alone, which everybody reaches")
    return good("ipv6", "the name answers over " + ("IPv4 and IPv6" if it.ipv4.addresses else "IPv6"))


def clock(it: PublicFacts) -> Finding:
    """Whether the server's clock and ours agree."""
    if it.skew_s is None:
        return unseen("clock", "no answer had a date")
    if abs(it.skew_s) > SKEW_MAX_S:
        way = "ahead of" if it.skew_s > 0 else "behind"
        return bad("clock", f"the server is {abs(it.skew_s):.0f} s {way} this machine", "timedatectl set-ntp true")
    return good("clock", "the server's clock and this machine's agree")


def version(it: PublicFacts) -> Finding:
    """Whether what runs is what is installed here."""
    if it.running != __version__:
        return warning(
            "version",
            f"omefree/{it.running} runs, omefree/{__version__} is installed here",
            "systemctl restart omefree, or upgrade the older one: pipx upgrade omefree",
        )
    return good("version", f"omefree/{it.running} runs and is installed")


def legal(it: PublicFacts) -> Finding:
    """Whether /legal says who runs this server."""
    if it.told is None:
        return unseen("legal", "/privacy.json could not be read")
    if not it.told.get("open_to_others"):
        return good("legal", "only this machine is served: nobody has to be named")
    given = {name for name in ("contact", "operator", "hosting") if it.told.get(name)}
    if missing := [name for name in ("contact", "operator") if name not in given]:
        lines = "; ".join(f'{name} = "..."' for name in missing)
        return bad("legal", f"/legal does not say: {', '.join(missing)}", f"in the settings: {lines} (docs/law.md)")
    if "hosting" not in given:
        return warning("legal", "/legal does not name who hosts the machine", 'hosting = "..." (docs/law.md)')
    return good("legal", "/legal names operator, contact and host")
