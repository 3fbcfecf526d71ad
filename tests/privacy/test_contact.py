"""Whoever runs a server that others can reach is asked to say how to reach them, and its pages tell who did not."""

import json
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from omefree.errors import ConfigError
from omefree.settings import load
from tests.http.asgi import ask, served
from tests.test_server import running

NOTICE = "whoever runs it has not said how to reach them"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return tmp_path


async def text(app: ASGIApp, path: str) -> str:
    return (await ask(app, path)).body.decode()


@pytest.mark.parametrize(
    ("settings", "others"),
    [
        ({}, False),
        ({"host": "127.0.0.1"}, False),
        ({"host": "127.1.2.3"}, False),
        ({"host": "::1"}, False),
        ({"host": "LOCALHOST."}, False),
        ({"host": "::"}, True),
        ({"host": "0.0.0.0"}, True),
        ({"host": "192.0.2.1"}, True),
        ({"host": "chat.example"}, True),
        ({"trusted_proxies": ("127.0.0.1",)}, True),  # a proxy on this machine is for others
    ],
)
async def test_who_is_open_to_others_and_cannot_be_reached_says_so(
    folder: Path, settings: dict[str, object], others: bool
) -> None:
    for path in ("/privacy", "/legal"):
        assert (NOTICE in await text(served(folder, **settings), path)) == others
        assert NOTICE not in await text(served(folder, **settings, contact="me@chat.example"), path)


async def test_what_is_missing_is_shown_as_missing(folder: Path) -> None:
    assert (await text(served(folder), "/legal")).count("not given by whoever runs this server") == 4
    settings = json.loads(await text(served(folder), "/privacy.json"))["settings"]
    assert (settings["contact"], settings["operator"], settings["open_to_others"]) == (None, None, False)


async def test_what_is_given_is_shown_on_the_page(folder: Path) -> None:
    given = {"operator": "The operator", "contact": "me@chat.example", "hosting": "A host, 1 Street"}
    app = served(folder, host="::", **given)
    legal = await text(app, "/legal?lang=fr")
    assert "The operator" in legal
    assert "A host, 1 Street" in legal
    assert legal.count('href="mailto:me@chat.example"') == 2, "for authorities too, if they have no other"
    assert "non indiqué" not in legal
    other = await text(served(folder, **given, authority_contact="https://chat.example/law"), "/legal")
    assert other.count('href="mailto:me@chat.example"') == other.count('href="https://chat.example/law"') == 1


def test_a_server_says_at_start_that_nobody_can_reach_its_operator(folder: Path) -> None:
    quiet = ["--stun-port", "0"]
    with running(folder, *quiet, "--host", "0.0.0.0") as server:
        assert any("event=no_contact" in line and "level=warning" in line for line in server.lines)
        server.stop()
    with running(folder, *quiet, "--host", "0.0.0.0", "--contact", "me@chat.example") as server:
        server.stop()
        assert not any("no_contact" in line or "chat.example" in line for line in server.lines)
    with running(folder, *quiet) as server:
        server.stop()
        assert not any("no_contact" in line for line in server.lines)


@pytest.mark.parametrize(
    "good", ["me@chat.example", "a.b+c@x.y.example", "https://chat.example/contact?x=1", "http://a.example"]
)
def test_a_contact_is_a_mail_address_or_a_page(good: str) -> None:
    assert load({"contact": good, "authority_contact": good}, {}).contact == good


@pytest.mark.parametrize(
    "bad",
    [
        "me",
        "me@",
        "@x.example",
        "a b@x.example",
        "javascript:alert(1)",
        "https://x y",
        "me@x\n.example",
        "ftp://x.example",
        "a@b.example,c@d.example",
    ],
)
@pytest.mark.parametrize("name", ["contact", "authority_contact"])
def test_nothing_else_is(name: str, bad: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: expected a mail address"):
        load({name: bad}, {})


@pytest.mark.parametrize("bad", ["two\nlines", "x" * 301, "\x1b[31mred", "\u202eturned"])
@pytest.mark.parametrize("name", ["operator", "hosting", "accountable", "youth_officer"])
def test_a_name_is_a_line_of_text(name: str, bad: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: expected one line"):
        load({name: bad}, {})
