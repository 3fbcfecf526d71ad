"""Targets and hosts of requests, over the writer (RFC 9112, section 3)."""

import pytest

from omefree.engine.target import below, origin_form
from tests.engine.conftest import EchoServer, Open
from tests.engine.raw import ENGINE_IO, UPGRADE, Headers

POLL, SOCKET = f"{ENGINE_IO}&transport=polling", f"{ENGINE_IO}&transport=websocket"


async def status(echo: EchoServer, text: str) -> int:
    """The status of the answer to a request that is written out."""
    connection = await echo.connect()
    await connection.send(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    return (await connection.answer()).status


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("HTTP/1.1", 400),
        ("HTTP/1.1\nHost:", 400),
        ("HTTP/1.1\nHost: localhost\nHost: localhost", 400),
        ("HTTP/1.1\nHost: localhost\nHost: other", 400),
        ("HTTP/1.1\nHost: local host", 400),
        ("HTTP/1.1\nHost: user@localhost", 400),
        ("HTTP/1.1\nHost: localhost/", 400),
        ("HTTP/1.1\nHost: localhost:port", 400),
        ("HTTP/1.1\nHost: localhost", 200),
        ("HTTP/1.1\nHost: [::1]:8000", 200),
        ("HTTP/1.1\nHost: 192.0.2.1:", 200),
        ("HTTP/1.0", 200),
        ("HTTP/1.0\nHost: localhost", 200),
        ("HTTP/1.0\nHost: a b", 400),
    ],
)
async def test_a_request_names_one_host(echo: EchoServer, lines: str, expected: int) -> None:
    """Section 3.2."""
    assert await status(echo, f"GET {POLL} {lines}") == expected


async def test_an_upgrade_names_one_host_too(echo: EchoServer) -> None:
    nameless: Headers = [(name, value) for name, value in UPGRADE.items() if name != "Host"]
    for headers in ([*UPGRADE.items(), ("Host", "other")], [("X", "\r\nHost:"), *nameless]):
        connection = await echo.connect()
        assert (await connection.ask("GET", SOCKET, headers)).status == 400


@pytest.mark.parametrize("form", ["http://localhost:8000", "HTTPS://localhost", "http://other.example"])
async def test_a_target_in_absolute_form_is_served(echo: EchoServer, form: str) -> None:
    """Section 3.2.2: a server must accept it."""
    assert (await (await echo.connect()).ask("GET", form + POLL)).status == 200
    assert (await (await echo.connect()).ask("GET", form + SOCKET, UPGRADE)).status == 101


@pytest.mark.parametrize(
    "target", ["http://", "http:///x", "http://a b/", "ftp://localhost/", "localhost", "*", "http://u@x/"]
)
async def test_a_target_of_no_form_is_refused(echo: EchoServer, target: str) -> None:
    assert await status(echo, f"GET {target} HTTP/1.1\nHost: localhost") == 400


def test_the_host_of_an_absolute_target_takes_the_place_of_the_header() -> None:
    headers = [(b"host", b"evil.example"), (b"x", b"y")]
    target, made = origin_form(b"http://chat.example:80?EIO=4", headers, "1.1")
    assert (target, made) == (b"/?EIO=4", [(b"host", b"chat.example:80"), (b"x", b"y")])


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        (b"/chat/", b"/"),
        (b"/chat/check?lang=fr", b"/check?lang=fr"),
        (b"/chat/chat/", b"/chat/"),
        (b"/chat", b"/chat"),
        (b"/chatter/", b"/chatter/"),
        (b"/check", b"/check"),
    ],
)
def test_a_root_is_taken_away_where_a_proxy_has_left_it(target: bytes, seen: bytes) -> None:
    assert below(b"/chat", target) == seen
    assert below(b"", target) == target


@pytest.mark.parametrize("root", ["", "/a/b"])
async def test_both_transports_are_below_a_root(opening: Open, root: str) -> None:
    echo = await opening(root_path="/a/b")
    assert (await (await echo.connect()).ask("GET", root + POLL)).status == 200
    assert (await (await echo.connect()).ask("GET", root + SOCKET, UPGRADE)).status == 101
    assert (await (await echo.connect()).ask("GET", "/a" + SOCKET, UPGRADE)).status == 404
