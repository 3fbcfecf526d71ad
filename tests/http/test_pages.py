"""The rendered pages: in the visitor's language, whole, without a script, and safe from what an operator writes."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.types import ASGIApp

from omefree.config import Config
from omefree.http.app import build_app
from omefree.http.gate import FORGET_S, REMEMBERED_S, HttpGate
from omefree.privacy.claims import CLAIMS
from omefree.privacy.inventory import DATA
from omefree.privacy.policy import HostFacts
from omefree.words.catalogue import catalogue
from tests.http.asgi import ask
from tests.http.test_gate import Clock, head, inside
from tests.words.speak import EN, FR

CLOSED = HostFacts(core_dumps_off=True, not_dumpable=True, memory_locked=True)
PATHS = ["/privacy", "/terms", "/safety", "/legal", "/status"]
VOID = {"meta", "link", "img"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    (tmp_path / "assets" / "policy-1a2b.css").write_text("p { color: red }")
    return tmp_path


def served(folder: Path, host: HostFacts = CLOSED, **settings: object) -> ASGIApp:
    return build_app(Config(static_dir=str(folder), **settings), dict, host)  # type: ignore[arg-type]


async def page(app: ASGIApp, path: str, accept: str = "") -> str:
    answer = await ask(app, path, headers=[("host", "localhost"), ("accept-language", accept)])
    assert (answer.status, answer.get("content-type")) == (200, "text/html; charset=utf-8")
    return answer.body.decode()


class Outline(HTMLParser):
    """What a page is made of. Fails where tags do not close as they opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lang", catalogue().languages)
async def test_a_page_is_whole(folder: Path, path: str, lang: str) -> None:
    text = await page(served(folder), path, lang)
    outline = Outline(text)
    ids = outline.values("id")
    assert text.startswith(f'<!doctype html>\n<html lang="{lang}" dir="{catalogue().words(lang).direction}">')
    assert len(set(ids)) == len(ids)
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    for target in [link[1:] for link in outline.values("href") if link.startswith("#")]:
        assert target in ids
    assert "./assets/policy-1a2b.css" in outline.values("href")


def addresses(outline: Outline) -> list[str]:
    """Everything that a page links to or loads from this server, as it is written."""
    named = [*outline.values("href"), *outline.values("src")]
    return [each for each in named if not each.startswith("#") and urlsplit(each).scheme == ""]


@pytest.mark.parametrize("path", [*PATHS, "/nowhere", "/no/where", "/no/where/"])
async def test_every_link_leads_somewhere_wherever_a_proxy_serves_the_page(folder: Path, path: str) -> None:
    (folder / "licences.txt").write_text("")
    (folder / "favicon.svg").write_text("<svg/>")
    app = served(folder)
    links = addresses(Outline((await ask(app, path)).body.decode()))
    assert len(links) > 2
    for link in links:
        below = urljoin(f"https://chat.example/a/b{path}", link)
        assert below.startswith("https://chat.example/a/b/"), link
        assert (await ask(app, below.removeprefix("https://chat.example/a/b"))).status == 200, link


async def test_every_claim_is_there_under_its_name_with_its_proof(folder: Path) -> None:
    outline = Outline(await page(served(folder, turn_url=("turn:t.example",), turn_secret="x"), "/privacy"))
    words = outline.words.replace("\n", " ")
    for claim in CLAIMS:
        assert claim.id in outline.values("id")
        assert str(EN.messages[claim.says]).split("{", 1)[0].split("/", 1)[0] in words
        assert (f"proof-{claim.id}" in outline.values("id")) == claim.provable
    assert words.count("a promise: cannot be proved by a program") == 1
    assert "make test ARGS=tests/privacy/test_policy.py" in words


async def test_all_that_is_held_is_listed(folder: Path) -> None:
    outline = Outline(await page(served(folder), "/privacy", "fr"))
    for datum in DATA:
        assert f"data-{datum.id}" in outline.values("id")
        assert FR.say(datum.key("what")) in outline.words


async def test_what_the_system_does_not_grant_is_said_and_not_claimed(folder: Path) -> None:
    outline = Outline(await page(served(folder, HostFacts()), "/privacy"))
    assert "no-trace" not in outline.values("id")
    assert "turn-sealed" not in outline.values("id")
    assert "possible: not switched off here" in outline.words
    assert "none: a call goes straight or not at all" in outline.words


async def test_the_quotas_are_the_live_ones(folder: Path) -> None:
    app = served(folder, quota_scale=2.0)
    told = await page(app, "/privacy")
    assert all(
        figure in told for figure in ("1024 connections at once", "128 from one household", "20 new ones a second")
    )
    settings = json.loads((await ask(app, "/privacy.json")).body)["settings"]
    assert (settings["connections"], settings["connections_64"], settings["connections_48"]) == (1024, 128, 1024)
    assert (settings["connections_per_s"], settings["quota_ttl_s"]) == (20, REMEMBERED_S)


def test_an_address_is_remembered_no_longer_than_the_policy_says() -> None:
    clock = Clock()
    gate = HttpGate(Config(), clock)
    clock.now += 0.001  # leaves just after a pruning, the longest way
    gate.exit(inside(gate.enter(head())))
    left = clock.now
    clock.now -= 0.001
    while gate.remembered():
        clock.now += FORGET_S  # as the server prunes
        gate.prune()
    assert FORGET_S < clock.now - left <= REMEMBERED_S


async def test_what_an_operator_writes_is_text(folder: Path) -> None:
    app = served(
        folder, operator='<script>alert(1)</script> & "Co" {contact}', contact="https://chat.example/a?b=1&c='"
    )
    for path in ("/privacy", "/legal"):
        text = await page(app, path)
        assert "<script" not in text
        outline = Outline(text)
        assert '<script>alert(1)</script> & "Co" {contact}' in outline.words
        assert "https://chat.example/a?b=1&c='" in outline.values("href")


@pytest.mark.parametrize("path", PATHS)
async def test_a_cache_can_tell_the_languages_apart(folder: Path, path: str) -> None:
    app = served(folder)
    english = await ask(app, path)
    french = await ask(
        app, path, headers=[("host", "localhost"), ("accept-language", "fr"), ("accept-encoding", "gzip")]
    )
    assert (english.get("content-language"), french.get("content-language")) == ("en", "fr")
    assert english.get("vary") == french.get("vary") == "Accept-Language, Accept-Encoding"
    assert french.get("content-encoding") == "gzip"
    assert len({english.get("etag"), french.get("etag")}) == 2
    assert english.get("cache-control") == "no-cache"


async def test_what_the_browser_has_is_not_sent_again_but_the_other_language_is(folder: Path) -> None:
    app = served(folder)
    tag = (await ask(app, "/privacy")).get("etag") or ""
    same = await ask(app, "/privacy", headers=[("host", "localhost"), ("if-none-match", tag)])
    other = await ask(app, "/privacy?lang=fr", headers=[("host", "localhost"), ("if-none-match", tag)])
    assert (same.status, other.status) == (304, 200)
    assert same.get("vary") == "Accept-Language, Accept-Encoding"


async def test_the_language_is_kept_from_page_to_page_and_can_be_left(folder: Path) -> None:
    links = Outline(await page(served(folder), "/terms?lang=fr", "en")).values("href")
    assert {"./privacy?lang=fr", "./terms?lang=fr", "./legal?lang=fr", "./terms?lang=en"} <= set(links)


async def test_without_its_stylesheet_it_is_still_a_page(folder: Path) -> None:
    (folder / "assets" / "policy-1a2b.css").unlink()
    assert "stylesheet" not in Outline(await page(served(folder), "/privacy")).values("rel")


@pytest.mark.parametrize("path", [*PATHS, "/privacy.json", "/assets.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_the_pages_can_only_be_read(folder: Path, path: str, method: str) -> None:
    assert (await ask(served(folder), path, method=method)).status == 405


@pytest.mark.parametrize("path", ["/privacy/", "/Privacy", "/privacy.html", "/legal/x"])
async def test_near_misses_are_not_found(folder: Path, path: str) -> None:
    assert (await ask(served(folder), path)).status == 404


@pytest.mark.parametrize(("accept", "lang", "said"), [("", "en", "Nobody here"), ("fr", "fr", "Personne ici")])
async def test_where_nothing_is_a_page_says_so_in_the_visitor_s_language(
    folder: Path, accept: str, lang: str, said: str
) -> None:
    answer = await ask(served(folder), "/nowhere", headers=[("host", "localhost"), ("accept-language", accept)])
    outline = Outline(answer.body.decode())
    assert (answer.status, answer.get("content-language")) == (404, lang)
    assert said in outline.words
    assert "./assets/policy-1a2b.css" in outline.values("href")
    assert "noindex" in outline.values("content")
