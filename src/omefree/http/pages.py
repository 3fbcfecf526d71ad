"""/privacy, /terms and /legal as HTML, made once, when the server starts."""

import re
from collections.abc import Iterator, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from omefree import __version__
from omefree.config import Config
from omefree.contract.limits import NEW_CONNECTIONS
from omefree.guard.quota import scaled
from omefree.http import static
from omefree.http.gate import REMEMBERED_S, connections_at_once
from omefree.http.headers import PAGE_POLICY
from omefree.http.language import choose, date, say
from omefree.http.markup import Markup, element, join
from omefree.privacy import texts
from omefree.privacy.claims import Claim
from omefree.privacy.inventory import LANGS, Datum, Lang, Words
from omefree.privacy.policy import (
    ASSETS_JSON,
    LEGAL,
    POLICY_JSON,
    PRIVACY,
    TERMS,
    Here,
    HostFacts,
    Policy,
    Row,
    commands,
    fill,
)
from omefree.seal.frame import VERSION as SEAL_VERSION

OTHER: Mapping[Lang, Lang] = {"en": "fr", "fr": "en"}
LANG_NAMES: Mapping[Lang, str] = {"en": "English", "fr": "Français"}


PATHS = re.compile(r"(/(?:privacy|terms|legal|assets\.json)\b)")
AUDITS = ("make test", "omefree audit URL")


class Writer:
    """Writes pages in one language."""

    def __init__(self, policy: Policy, lang: Lang, style: str | None) -> None:
        self._policy = policy
        self._lang: Lang = lang
        self._style = style

    def privacy(self) -> Markup:
        policy = self._policy
        return self._page(
            PRIVACY,
            texts.POLICY_TITLE,
            texts.POLICY_LEAD,
            self._dated(),
            self._section(
                "claims", texts.CLAIMS_TITLE, element("ul", *map(self._claim, policy.claims), class_="claims")
            ),
            self._section("data", texts.DATA_TITLE, self._p(texts.DATA_LEAD), self._table(policy.data)),
            self._section("address", texts.ADDRESS_TITLE, *map(self._p, texts.ADDRESS)),
            self._section("limits", texts.LIMITS_TITLE, self._list(texts.LIMITS)),
            self._section("rights", texts.RIGHTS_TITLE, self._list(texts.RIGHTS)),
            self._section("check", texts.CHECK_TITLE, self._p(texts.CHECK_LEAD), *map(command_line, AUDITS)),
            self._here(),
        )

    def terms(self) -> Markup:
        return self._page(TERMS, texts.TERMS_TITLE, None, self._dated(), self._list(texts.TERMS, "rules"))

    def legal(self) -> Markup:
        return self._page(
            LEGAL,
            texts.LEGAL_TITLE,
            texts.LEGAL_LEAD,
            element("div", self._no_contact(), self._rows(self._policy.operator), class_="here"),
            self._p(texts.LEGAL_ASKED),
            self._dated(),
        )

    def _say(self, words: Words, **values: str) -> str:
        return say(fill(words, values) if values else words, self._lang)

    def _p(self, words: Words) -> Markup:
        return element("p", *self._linked(self._say(words)))

    def _linked(self, text: str) -> Iterator[str]:
        """The text, with the pages that it names as links."""
        for part in PATHS.split(text):
            yield self._link(part, part) if PATHS.fullmatch(part) else part

    def _list(self, items: Sequence[Words], kind: str | None = None) -> Markup:
        return element("ul", *(element("li", *self._linked(self._say(words))) for words in items), class_=kind)

    def _section(self, id_: str, title: Words, *parts: Markup, kind: str | None = None) -> Markup:
        name = f"{id_}-title"
        heading = element("h2", self._say(title), id=name)
        return element("section", heading, *parts, id=f"part-{id_}", class_=kind, aria_labelledby=name)

    def _dated(self) -> Markup:
        shown = self._say(texts.DATED_ON, date=date(texts.DATED, self._lang))
        return element("p", element("time", shown, datetime=texts.DATED), class_="dated")

    def _claim(self, claim: Claim) -> Markup:
        return element(
            "li",
            element("a", claim.id, class_="name", href=f"#{claim.id}"),
            self._p(claim.says),
            self._proof(claim) if claim.provable else element("p", self._say(texts.PROMISE), class_="promise"),
            id=claim.id,
        )

    def _proof(self, claim: Claim) -> Markup:
        """Its id is inside what is folded: a link to it unfolds it."""
        how = element("summary", self._say(texts.HOW), element("span", f" ({claim.id})", class_="unseen"))
        proof = element("div", self._p(claim.proof), *map(command_line, commands(claim)), id=f"proof-{claim.id}")
        return element("details", how, proof)

    # The roles say again what the elements are: on a phone the style shows rows as cards, and browsers then forget it.
    def _table(self, data: Sequence[Datum]) -> Markup:
        columns = [self._say(words) for words in texts.COLUMNS[:4]]
        head = element(
            "tr", *(element("th", column, scope="col", role="columnheader") for column in columns), role="row"
        )
        bodies = [
            self._group(ground, [each for each in data if each.ground == ground], columns) for ground in texts.GROUNDS
        ]
        return element(
            "table", element("thead", head, role="rowgroup"), *bodies, role="table", aria_labelledby="data-title"
        )

    def _group(self, ground: str, data: Sequence[Datum], columns: Sequence[str]) -> Markup:
        shown = self._say(texts.GROUND_OF, ground=self._say(texts.GROUNDS[ground]))
        title = element(
            "tr", element("th", shown, colspan="4", scope="rowgroup", role="rowheader"), role="row", class_="ground"
        )
        return element("tbody", title, *(self._datum(each, columns) for each in data), role="rowgroup")

    def _datum(self, datum: Datum, columns: Sequence[str]) -> Markup:
        cells = zip(columns[1:], (datum.purpose, datum.how_long, datum.seen_by), strict=True)
        return element(
            "tr",
            element("th", self._say(datum.what), scope="row", role="rowheader"),
            *(element("td", self._say(words), role="cell", data_label=column) for column, words in cells),
            id=f"data-{datum.id}",
            role="row",
        )

    def _here(self) -> Markup:
        rows = self._rows([*self._policy.operator, *self._policy.settings])
        return self._section("here", texts.HERE_TITLE, self._p(texts.HERE_LEAD), self._no_contact(), rows, kind="here")

    def _rows(self, rows: Sequence[Row]) -> Markup:
        shown = (element("div", element("dt", self._say(row.label)), self._value(row)) for row in rows)
        return element("dl", *shown)

    def _value(self, row: Row) -> Markup:
        if row.value is not None:
            return element("dd", self._say(row.value))
        if not row.given:
            return element("dd", self._say(texts.MISSING), class_="missing")
        return element("dd", linked(row.given) if row.id in ("contact", "authority_contact") else row.given)

    def _no_contact(self) -> Markup:
        missing = self._policy.here.unreachable
        return element("p", self._say(texts.NO_CONTACT), class_="notice") if missing else Markup()

    def _page(self, path: str, title: Words, lead: Words | None, *parts: Markup) -> Markup:
        lead_in = element("p", self._say(lead), class_="lead") if lead else Markup()
        main = element("main", element("h1", self._say(title)), lead_in, *parts, id="text", class_="policy")
        skip = element("a", self._say(texts.SKIP), class_="skip", href="#text")
        body = element("body", skip, self._header(path), main, self._footer())
        return join(Markup("<!doctype html>"), element("html", self._head(path, title), body, lang=self._lang))

    def _head(self, path: str, title: Words) -> Markup:
        alternates = (element("link", rel="alternate", hreflang=lang, href=f"{path}?lang={lang}") for lang in LANGS)
        return element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
            element("title", f"{self._say(title)} · OmeFree"),
            element("meta", name="referrer", content="no-referrer"),
            element("link", rel="icon", href="/favicon.svg", type="image/svg+xml"),
            *alternates,
            element("link", rel="stylesheet", href=self._style) if self._style else Markup(),
        )

    def _header(self, path: str) -> Markup:
        mark = element("img", src="/favicon.svg", alt="", width="30", height="30")
        brand = element("a", mark, "OmeFree", class_="brand", href="/", title=self._say(texts.TO_THE_CHAT))
        here = (
            self._link(to, self._say(name), aria_current="page" if to == path else None)
            for to, name in texts.NAMES.items()
        )
        other = OTHER[self._lang]
        switch = element(
            "a", LANG_NAMES[other], class_="switch", href=f"{path}?lang={other}", hreflang=other, lang=other
        )
        return element("header", brand, element("nav", *here, aria_label="OmeFree"), switch)

    def _footer(self) -> Markup:
        return element(
            "footer",
            self._link("/", self._say(texts.TO_THE_CHAT)),
            element("a", self._say(texts.FOR_MACHINES), href=POLICY_JSON),
            element("a", self._say(texts.FILE_HASHES), href=ASSETS_JSON),
            element("a", self._say(texts.LICENCES), href="/licences.txt"),
        )

    def _link(self, to: str, label: str, **attributes: str | None) -> Markup:
        return element("a", label, href=f"{to}?lang={self._lang}" if to in texts.NAMES else to, **attributes)


def command_line(command: str) -> Markup:
    return element("pre", element("code", command))


def linked(contact: str) -> Markup:
    """A mail address or the address of a page, as a link."""
    page = contact.startswith(("https://", "http://"))
    return element("a", contact, href=contact if page else f"mailto:{contact}", rel="noreferrer")


class Pages:
    """Every page in every language, as it is served. `style`: the path of the stylesheet, if there is one."""

    def __init__(self, policy: Policy, style: str | None) -> None:
        writers = {lang: Writer(policy, lang, style) for lang in LANGS}
        self._pages: dict[tuple[str, Lang], static.File] = {}
        for lang, writer in writers.items():
            for path, page in ((PRIVACY, writer.privacy()), (TERMS, writer.terms()), (LEGAL, writer.legal())):
                self._pages[path, lang] = static.file_of(page.encode(), ".html")

    def respond(self, request: Request) -> Response:
        """The page in the language that `?lang=` or else the browser asks for."""
        lang = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        response = static.respond(self._pages[request.scope["path"], lang], request)
        response.headers["content-language"] = lang
        response.headers["content-security-policy"] = PAGE_POLICY
        response.headers["vary"] = "Accept-Language, Accept-Encoding"
        return response


def here(config: Config, host: HostFacts, as_built: bool | None) -> Here:
    """The settings that the pages tell."""
    return Here(
        version=__version__,
        operator=config.operator,
        contact=config.contact,
        authority_contact=config.authority_contact or config.contact,
        hosting=config.hosting,
        open_to_others=config.open_to_others,
        turn=bool(config.turn_url),
        seal=SEAL_VERSION,
        connections=connections_at_once(config),
        connections_per_s=scaled(NEW_CONNECTIONS, config.quota_scale).rate_s,
        quota_ttl_s=REMEMBERED_S,
        as_built=as_built,
        host=host,
    )
