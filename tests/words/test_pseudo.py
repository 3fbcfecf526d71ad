"""A language is one file and one line: with those two, everything that the server and the terminal show speaks it.

What the page shows is in tests/e2e/test_language.py.
"""

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.requests import Request

from omefree.audit.check import RESULTS, Check, line
from omefree.audit.report import Table
from omefree.http.pages import Pages
from omefree.privacy.claims import CLAIMS
from omefree.privacy.policy import PAGES, as_json, policy
from omefree.privacy.services import SERVICES
from omefree.terminal.commands import Command, Vocabulary
from omefree.words.catalogue import Catalogue
from tests.privacy.here import BARE, FULL
from tests.words.pseudo import PSEUDO, add_to, left


@pytest.fixture
def spoken(tmp_path: Path) -> Catalogue:
    add_to(tmp_path)
    return Catalogue(tmp_path)


class Shown(HTMLParser):
    """What people read of a page, in elements and attributes; names that are anchors, and code, aside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._skips = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._skips += tag == "code" or given.get("class") in ("name", "unseen", "switch")
        self.said += [given[name] or "" for name in ("title", "alt", "data-label") if name in given]

    def handle_endtag(self, tag: str) -> None:
        if self._skips and tag in ("code", "a", "span"):
            self._skips -= 1

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.said.append(data)


def asked(path: str, lang: str = PSEUDO) -> Request:
    query = f"lang={lang}".encode()
    return Request(
        {"type": "http", "path": path, "raw_path": path.encode(), "method": "GET", "query_string": query, "headers": []}
    )


@pytest.mark.parametrize("here", [BARE, FULL], ids=["bare", "full"])
def test_every_page_of_the_server_speaks_it(spoken: Catalogue, here: object) -> None:
    pages = Pages(policy(BARE if here is BARE else FULL), spoken, None)
    answers = [pages.respond(asked(path)) for path in PAGES]
    for response in [*answers, pages.not_found(asked("/x"))]:
        shown = Shown(bytes(response.body).decode())
        given = {
            FULL.operator,
            FULL.contact,
            FULL.authority_contact,
            FULL.hosting,
            FULL.accountable,
            FULL.youth_officer,
        }
        given |= {text for service in FULL.help_services for text in (service.name, service.what)}
        given |= {text for service in SERVICES for text in (service.name, service.source)}
        assert set().union(*(left(said) for said in shown.said if said not in given)) == set()
        assert response.headers["content-language"] == PSEUDO


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_that_nobody_has_reviewed_its_language(spoken: Catalogue, path: str) -> None:
    pages = Pages(policy(BARE), spoken, None)
    assert not spoken.words(PSEUDO).reviewed
    for lang in spoken.languages:
        words = spoken.words(lang)
        shown = bytes(pages.respond(asked(path, lang)).body).decode()
        assert (escape(words.say("site.unreviewed")) in shown) == (not words.reviewed)


def test_other_pages_offer_it(spoken: Catalogue) -> None:
    pages = Pages(policy(BARE), spoken, None)
    html = bytes(pages.respond(asked("/terms", "fr")).body).decode()
    assert f'href="./terms?lang={PSEUDO}"' in html
    assert 'href="./terms?lang=en"' in html


def test_the_policy_for_machines_speaks_it(spoken: Catalogue) -> None:
    told = as_json(policy(FULL), spoken)
    for entry in told["claims"]:
        assert left(entry["says"][PSEUDO]) == left(entry["proof"][PSEUDO]) == set()
    assert {PSEUDO} <= set(told["data"][0]["what"])


def test_the_terminal_speaks_it(spoken: Catalogue) -> None:
    words = spoken.words(PSEUDO)
    said = [words.messages[key] for key in words.messages if key.startswith(("terminal.", "emoji."))]
    texts = [form for message in said for form in ([message] if isinstance(message, str) else message.values())]
    assert len(texts) > 170
    assert set().union(*(left(re.sub(r"\{\w+\}", "", text)) for text in texts)) == set()
    vocabulary = Vocabulary(spoken.fallback, words)
    assert vocabulary.parse("/nëxt") == vocabulary.parse("/next") == Command("next")


def test_the_audit_speaks_it(spoken: Catalogue) -> None:
    named = [(claim.id, name) for claim in CLAIMS for name in claim.audit]
    checks = [Check(id_, name, result, line("unchanged")) for id_, name in named for result in RESULTS]
    shown = Table(spoken.words(PSEUDO)).of_process(1, checks)
    names = {word for claim in CLAIMS for name in (claim.id, *claim.audit) for word in re.findall(r"\w+", name)}
    assert left(shown) - names == set()
