"""`omefree audit URL`: all checks from outside, in an order in which none disturbs another."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

import omefree
from omefree.audit import browser, leaving, meeting, pages, promises
from omefree.audit.check import AuditReport, Check, Verdict, failed, line, missing
from omefree.audit.contact import Tls, leads_to, look_at_tls, site_of
from omefree.audit.stage import Stage
from omefree.audit.web import ANSWER_S, Site, Web
from omefree.client.address import Address
from omefree.client.websocket import stranger
from omefree.errors import ConnectError, NotChecked
from omefree.privacy.claims import CLAIMS
from omefree.words.text import Text

OWN_BUILD = Path(omefree.__file__).parent / "static/assets.json"


class Options(Struct, frozen=True, kw_only=True):
    """The options of an audit from outside.

    `trust` has the authorities to trust; None: the system's. `build` is the list of files to compare with. `browser`:
    whether to look for a browser. `answer_s`: how long to wait for each answer, in seconds.
    """

    trust: ssl.SSLContext | None = None
    build: Path = OWN_BUILD
    browser: bool = True
    answer_s: float = ANSWER_S


class Inspection:
    """One audit of one server: what its checks share."""

    def __init__(self, site: Site, address: Address, tls: Tls, options: Options) -> None:
        self.site = site
        self.tls = tls
        self.web = Web(site, tls.context, options.answer_s)
        self.stage = Stage(address, tls.context, options.answer_s)
        self.own = pages.own_listing(options.build)
        self.server = ""
        self._address = address
        self.broke: Text | None = None
        self._visit: browser.Visit | NotChecked | None = None if options.browser else missing("browser_off")

    async def arrive(self) -> None:
        """Comes in once, and learns the server's name. Raises ConnectError if no server of ours answers."""
        try:
            probe = await self.stage.probe()
        except NotChecked:  # a WebSocket opened, but no `welcome` came
            raise stranger(self._address) from None
        self.server = probe.welcome.server
        await probe.leave()

    @property
    def same_version(self) -> bool:
        """Whether the server has the version that is installed here."""
        return self.server == f"omefree/{omefree.__version__}"

    async def visit(self) -> browser.Visit:
        """A browser's visit. It is made once, for all checks that need it. Raises NotChecked."""
        if self._visit is None:
            try:
                self._visit = await browser.visit(self.site, trusted=not self.tls.fault)
            except NotChecked as error:
                self._visit = error
        if isinstance(self._visit, NotChecked):
            raise self._visit
        return self._visit

    async def entry(self) -> Verdict:
        """The check `entry`: neither the pages as they come nor a browser finds a field for an account.

        Then two visitors come in without one, and meet.
        """
        asked = await pages.asks(self.web)
        with contextlib.suppress(NotChecked):  # the browser's own checks report it
            asked += (await self.visit()).asks
        return failed("asks", what=", ".join(dict.fromkeys(asked))) if asked else await meeting.entry(self.stage)

    async def build(self) -> Verdict:
        """The check `build`: the server's list of files is that of the build installed here."""
        told = await promises.read_policy(self.web)
        return await pages.build(self.web, self.own, promises.here_of(told).as_built)

    async def made(self, claim_id: str, name: str) -> Check:
        """Makes one check. If it cannot be made, the result says why."""
        try:
            result, detail = await CHECKS[name](self)
        except (NotChecked, ConnectError) as error:
            result, detail = "not checked", reason(error)
            if not isinstance(error, NotChecked) or error.broken:
                self.broke = self.broke or detail
        return Check(claim_id, name, result, detail)


async def tls(inspection: Inspection) -> Verdict:
    """The check `tls`, as the first contact found it."""
    return inspection.tls.verdict()


async def storage(inspection: Inspection) -> Verdict:
    """The check `storage`, by a browser's visit."""
    return (await inspection.visit()).storage(inspection.site)


async def requests(inspection: Inspection) -> Verdict:
    """The check `requests`, by a browser's visit."""
    return (await inspection.visit()).requests(inspection.site)


# In the order in which they are made. `counting` comes while no other probe of ours is there. `leave` comes after all
# that needs the chat. What the probes heard and what all answers have in common come at the end.
CHECKS: dict[str, Callable[[Inspection], Awaitable[Verdict]]] = {
    "tls": tls,
    "counting": lambda it: meeting.counting(it.stage),
    "policy": lambda it: promises.policy(it.web, it.server),
    "rendered": lambda it: promises.rendered(it.web),
    "settings": lambda it: promises.settings(it.web, it.stage, it.same_version),
    "contact": lambda it: promises.contact(it.web),
    "assets": lambda it: pages.assets(it.web),
    "build": Inspection.build,
    "scripts": lambda it: pages.scripts(it.web),
    "references": lambda it: pages.references(it.web),
    "routes": lambda it: pages.routes(it.web),
    "requests": requests,
    "storage": storage,
    "entry": Inspection.entry,
    "seal": lambda it: meeting.seal(it.stage),
    "ice": lambda it: promises.ice(it.web, it.stage),
    "cross-talk": lambda it: meeting.cross_talk(it.stage),
    "leave": lambda it: leaving.leave(it.stage),
    "token": lambda it: leaving.token(it.stage),
    "search": lambda it: leaving.search(it.stage),
    "mixing": lambda it: meeting.mixing(it.stage),
    "relay": lambda it: meeting.relay(it.stage),
    "events": lambda it: meeting.known_events(it.stage, it.same_version),
    "online": lambda it: meeting.online(it.stage),
    "cookies": lambda it: pages.cookies(it.web),
    "headers": lambda it: pages.headers(it.web),
    "https": lambda it: pages.https(it.web),
}


async def audit(url: str, options: Options = Options()) -> AuditReport:  # noqa: B008  (it is frozen)
    """Makes all checks from outside. Raises ConnectError if there is no server of ours at `url`."""
    inspection = await begin(url, options)
    try:
        await inspection.arrive()
        made = {name: await inspection.made(claim_of(name), name) for name in CHECKS}
    finally:
        await inspection.stage.close()
    order = [name for claim in CLAIMS for name in claim.audit if name in made]
    return AuditReport(
        url=inspection.site.base,
        server=inspection.server,
        checks=tuple(made[name] for name in order),
        broke=inspection.broke,
    )


async def begin(url: str, options: Options) -> Inspection:
    """Makes the first contact. Raises ConnectError.

    If plain http leads to https on the same host, https is what is inspected.
    """
    site, address = site_of(url)
    inspection = Inspection(site, address, await look_at_tls(site, address, options.trust), options)
    try:
        led = await leads_to(inspection.web)
    except NotChecked:
        led = None
    return await begin(led, options) if led else inspection


def claim_of(name: str) -> str:
    """The id of the claim that a check belongs to."""
    return next(claim.id for claim in CLAIMS if name in claim.audit)


def reason(error: NotChecked | ConnectError) -> Text:
    """Why a check was not made."""
    if isinstance(error, NotChecked):
        return error.reason
    return line("no_connection", why=str(error))
