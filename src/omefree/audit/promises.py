"""Checks that compare the policy with what this version says, and with what the server does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec
from msgspec import Struct

from omefree import __version__
from omefree.audit.check import Verdict, failed, missing, passed, some
from omefree.audit.markup import Page
from omefree.audit.stage import Stage
from omefree.audit.web import Web
from omefree.contract import events
from omefree.contract.limits import NEW_CONNECTIONS, QUOTAS
from omefree.errors import NotChecked
from omefree.guard.quota import scaled
from omefree.privacy.policy import LEGAL, OPERATOR, OPTIONAL, POLICY_JSON, PRIVACY, SCHEMA, Here, as_json
from omefree.privacy.policy import policy as make_policy
from omefree.seal.frame import VERSION as SEAL_VERSION
from omefree.words.catalogue import catalogue

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
NAMED = (*OPERATOR, *OPTIONAL, "exchange")  # null if they were not given
TURN = ("turn:", "turns:")
SAME = 1e-6  # the greatest relative error of numbers that went through JSON
UNSET = object()


class ToldClaim(Struct, frozen=True):
    """A claim as the server tells it. `says` has its text by language."""

    id: str
    says: dict[str, str]


class ToldKept(Struct, frozen=True):
    """What the page keeps on the visitor's device, as the server tells it. `what` has its text by language."""

    id: str
    what: dict[str, str]


class Told(Struct, frozen=True):
    """The parts of /privacy.json that every version has (docs/privacy.md). `here_of` looks at the settings."""

    schema: int
    version: str
    dated: str
    text_sha256: str
    claims: list[ToldClaim]
    settings: dict[str, object]
    device: list[ToldKept] = []  # older versions do not tell it


async def read_policy(web: Web) -> Told:
    """The server's /privacy.json. Raises NotChecked if there is none that can be read."""
    answer = await web.page(POLICY_JSON)
    try:
        return msgspec.json.decode(answer.body, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise missing("no_policy") from None


def here_of(told: Told) -> Here:
    """The settings that the server tells. Raises NotChecked if they are not as this version has them."""
    given = {name: "" if value is None and name in NAMED else value for name, value in told.settings.items()}
    try:
        return msgspec.convert({**given, "version": told.version}, type=Here)
    except msgspec.ValidationError:
        raise missing("no_settings") from None


async def policy(web: Web, server: str) -> Verdict:
    """The check `policy`: /privacy.json is word for word what this version says for these settings.

    `server` is the server's name in `welcome`.
    """
    try:
        told = await read_policy(web)
        here = here_of(told)
    except NotChecked as error:
        if error.broken:
            raise
        return Verdict("failed", error.reason)
    if server != f"omefree/{told.version}":
        return failed("versions", policy=told.version, server=server)
    if told.version != __version__ or told.schema != SCHEMA:
        raise missing("other_version_of_policy", theirs=told.version, ours=__version__)
    raw: Json = msgspec.json.decode((await web.page(POLICY_JSON)).body)
    wanted: Json = msgspec.to_builtins(as_json(make_policy(here), catalogue()))
    if other := [path for path in differences(wanted, raw) if not path.startswith("settings")]:
        return failed("other_policy", what=some(other))
    return passed("policy", dated=told.dated, count=len(told.claims), sha256=told.text_sha256[:12])


def differences(wanted: Json, told: Json, at: str = "") -> Iterable[str]:
    """Yields the path of each place where two JSON values differ."""
    match wanted, told:
        case dict(), dict():
            for key in dict.fromkeys([*wanted, *told]):
                yield from differences(wanted.get(key), told.get(key), f"{at}.{key}" if at else key)
        case list(), list():
            wanted_by_name, told_by_name = by_name(wanted), by_name(told)
            yield from differences(wanted_by_name, told_by_name, at)
        case _:
            if wanted != told:
                yield at


def by_name(items: list[Json]) -> Json:
    """The items of a list by their id, or by their place if they have none."""
    return {
        str(item["id"]) if isinstance(item, dict) and "id" in item else str(n): item for n, item in enumerate(items)
    }


async def rendered(web: Web) -> Verdict:
    """The check `rendered`: the page for people says in every language what /privacy.json says."""
    told = await read_policy(web)
    for lang in catalogue().languages:
        answer = await web.ask(PRIVACY, {"Accept-Language": lang})
        page = Page(answer.text)
        if answer.status != 200 or page.lang != lang:
            return failed("no_page", lang=lang)
        if unsaid := unsaid_on(page, told, lang):
            return failed("unsaid", lang=lang, what=some(unsaid))
        if page.dated != [told.dated]:
            return failed("other_date", lang=lang, what=some(page.dated), dated=told.dated)
    return passed("rendered")


def unsaid_on(page: Page, told: Told, lang: str) -> list[str]:
    """The ids of the claims, and of what is kept on the device, whose texts are not on the page."""
    texts = [(claim.id, claim.says) for claim in told.claims] + [
        (f"device-{kept.id}", kept.what) for kept in told.device
    ]
    said = plain_spaces(page.said)
    return [id_ for id_, text in texts if plain_spaces(text.get(lang, "?")) not in said]


def plain_spaces(text: str) -> str:
    """The text with single plain spaces. French typesetting adds others."""
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


async def settings(web: Web, stage: Stage, same_version: bool) -> Verdict:
    """The check `settings`: what the policy says of the settings is what the chat does."""
    told = await read_policy(web)
    here, given = here_of(told), told.settings
    probe = await stage.probe()
    limits, shaken = probe.welcome.limits, probe.handshake
    await probe.leave()
    here_s, chat_s = limits.resume_window_s, limits.resume_window_chat_s
    gone_s = (shaken.ping_interval + shaken.ping_timeout) / 1000 + max(here_s, chat_s)
    facts: Mapping[str, tuple[object, object]] = {
        "resume_s": (given.get("resume_s"), here_s),
        "resume_chat_s": (given.get("resume_chat_s", here_s), chat_s),
        "gone_s": (given.get("gone_s"), gone_s),
        "seal": (here.seal, SEAL_VERSION),
    }
    wrong = [f"{name}: {said} ≠ {done}" for name, (said, done) in facts.items() if not is_same(said, done)]
    if same_version:
        wrong += quotas(here, limits)
    if wrong:
        return failed("other_settings", what=some(wrong))
    return passed("settings", resume=f"{here_s:g}", chat=f"{chat_s:g}", gone=f"{gone_s:g}", seal=here.seal)


def is_same(said: object, done: object) -> bool:
    """Whether two values are the same. Numbers may differ by a millionth."""
    if isinstance(said, int | float) and isinstance(done, int | float):
        return abs(said - done) <= SAME * max(1.0, abs(done))
    return said == done


def quotas(here: Here, limits: events.Limits) -> Iterable[str]:
    """Yields the names of the quotas that do not fit the policy.

    The operator scales all quotas alike, those of an address too. So the rate of an address tells the scale.
    """
    scale = here.connections_per_s / NEW_CONNECTIONS.rate_s
    for name, quota in QUOTAS.items():
        wanted, given = scaled(quota, scale), limits.quotas.get(name)
        if given is None or not (is_same(given.rate_s, wanted.rate_s) and is_same(given.burst, wanted.burst)):
            yield name


async def ice(web: Web, stage: Stage) -> Verdict:
    """The check `ice`: a TURN relay is named where the policy says that there is one, and nowhere else."""
    here = here_of(await read_policy(web))
    pair = await stage.pair()
    said = await pair.a.ask(events.Ice())
    matched = await pair.a.hears(events.Matched)
    servers = [*said.ice_servers, *matched.args.ice_servers, *pair.a.welcome.ice_servers]
    urls = list(dict.fromkeys(url for server in servers for url in server.urls))
    has_turn = any(url.startswith(TURN) for url in urls)
    if has_turn is not here.turn:
        return failed("turn_untold" if has_turn else "no_turn")
    return passed("ice_with_turn" if has_turn else "ice", what=some(urls) or "–")


async def contact(web: Web) -> Verdict:
    """The check `contact`: the legal page names the policy's contact, or says plainly that there is none."""
    here = here_of(await read_policy(web))
    for lang in catalogue().languages:
        said = plain_spaces(Page((await web.ask(LEGAL, {"Accept-Language": lang})).text).said)
        if (here.contact or plain_spaces(catalogue().words(lang).say("policy.missing"))) not in said:
            return failed("contact_unsaid", lang=lang)
    return passed("contact", contact=here.contact) if here.contact else passed("no_contact")
