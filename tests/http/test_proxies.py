"""What a proxy says of a visitor: believed from trusted ones, in each of the spellings that proxies use."""

import re
from typing import Any

import pytest

from omefree.engine.gate import UNIX_PEER
from omefree.http.proxies import Proxies
from tests.http.test_gate import gate, head
from tests.privacy.planted import quiet

PROXIES = Proxies(["10.0.0.0/8", "fd00::/8"])
OWN, OTHER = "10.0.0.1", "192.0.2.99"  # a trusted proxy, and somebody


def client(peer: str | None = OWN, **headers: Any) -> str | None:
    found = PROXIES.client(head(peer, **headers))
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=192.0.2.1:4711;proto=https;by=10.0.0.1", "192.0.2.1"),
        ('for="192.0.2.1:4711"', "192.0.2.1"),
        ('for="[2001:db8::1]"', "2001:db8::1"),
        ('host=chat.example ; for="[2001:db8::1]:4711"', "2001:db8::1"),
        ("for=198.51.100.7, for=192.0.2.1", "192.0.2.1"),
        ("for=192.0.2.1, for=10.0.0.2", "192.0.2.1"),
        ('for=192.0.2.1, for="[fd00::2]"', "192.0.2.1"),
        ("for=unknown", OWN),
        ("for=_hidden", OWN),
        ("for=", OWN),
        ("proto=https", OWN),
        ("", OWN),
    ],
)
def test_forwarded_names_the_visitor(forwarded: str, visitor: str) -> None:
    """RFC 7239, sections 4, 6 and 7.4."""
    assert client(forwarded=forwarded) == visitor
    assert client(OTHER, forwarded=forwarded) == OTHER


@pytest.mark.parametrize("planted", ['for="', 'for=198.51.100.7;x="', "for=198.51.100.7,", ";;;", 'for="198.51.100.7,'])
@pytest.mark.parametrize("written", ["for=192.0.2.1", 'for="192.0.2.1:80";proto=http'])
def test_what_a_visitor_writes_before_it_changes_nothing(planted: str, written: str) -> None:
    """A proxy appends its element to the visitor's own header, even to one that is not whole."""
    assert client(forwarded=f"{planted}, {written}") == "192.0.2.1"


def test_x_forwarded_for_is_not_mixed_with_it() -> None:
    """A proxy that writes the one hands on what the visitor put into the other."""
    assert client(forwarded="for=198.51.100.7", x_forwarded_for="192.0.2.1") == "192.0.2.1"
    told: dict[str, Any] = {"forwarded": "host=evil.example;proto=https", "x_forwarded_for": "192.0.2.1"}
    assert PROXIES.outer(head(OWN, **told)) == head(OWN, **told)


@pytest.mark.parametrize(
    ("sent", "tls", "host"),
    [
        ({"x_forwarded_proto": "https"}, True, "inner:8000"),
        ({"x_forwarded_proto": "WSS"}, True, "inner:8000"),
        ({"x_forwarded_proto": "https, http"}, False, "inner:8000"),
        ({"x_forwarded_proto": "https", "x_forwarded_host": "chat.example"}, True, "chat.example"),
        ({"x_forwarded_host": "evil.example, chat.example:8443"}, False, "chat.example:8443"),
        ({"x_forwarded_host": "chat.example", "x_forwarded_port": "8443"}, False, "chat.example:8443"),
        ({"x_forwarded_host": "chat.example:1", "x_forwarded_port": "8443"}, False, "chat.example:1"),
        ({"x_forwarded_host": "chat.example", "x_forwarded_port": "443"}, False, "chat.example"),
        ({"x_forwarded_host": "[2001:db8::1]", "x_forwarded_port": "8443"}, False, "[2001:db8::1]:8443"),
        ({"host": "chat.example", "x_forwarded_port": "8443"}, False, "chat.example:8443"),
        ({"host": "chat.example", "x_forwarded_port": "x"}, False, "chat.example"),
        ({"x_forwarded_host": "a b; script-src *"}, False, "inner:8000"),
        ({"forwarded": "for=192.0.2.1;proto=https;host=chat.example"}, True, "chat.example"),
        ({"forwarded": 'for=192.0.2.1;host="chat.example:8443"'}, False, "chat.example:8443"),
        ({}, False, "inner:8000"),
    ],
)
@pytest.mark.parametrize("peer", [OWN, UNIX_PEER, OTHER])
def test_scheme_and_host_are_a_trusted_proxys_word(sent: dict[str, Any], tls: bool, host: str, peer: str) -> None:
    told = head(peer, **({"host": "inner:8000"} | sent))
    outer = PROXIES.outer(told)
    if peer == OTHER:
        assert outer == told
    else:
        assert (outer.tls, outer.get(b"host")) == (tls, host.encode())


def test_a_page_behind_a_proxy_that_names_the_host_otherwise_is_our_own() -> None:
    made, _ = gate(trusted_proxies=("10.0.0.0/8",))
    told: dict[str, Any] = {"host": "127.0.0.1:8000", "x_forwarded_for": "192.0.2.1", "x_forwarded_proto": "https"}
    reached = head(OWN, origin="https://chat.example", x_forwarded_host="chat.example", **told)
    assert made.check(reached) is None
    admission = made.enter(reached)
    assert getattr(admission, "host", None) == "chat.example", "which is where its browser finds STUN"


def said_by(*heads: Any, **settings: Any) -> list[str]:
    """The events of the log after these requests."""
    made, _ = gate(**settings)
    with quiet("text", "info") as log:
        for each in [*heads, *heads]:
            made.check(each)
        return re.findall(r"event=(.*)", log.getvalue())


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (head(OTHER, origin="https://evil.example"), "origin_refused"),
        (head(OTHER, x_forwarded_proto="https"), "forwarded_header_not_trusted"),
        (head(OTHER, forwarded="for=192.0.2.1"), "forwarded_header_not_trusted"),
        (head(OWN), "forwarded_header_missing"),
        (head(OWN, x_forwarded_proto="https"), "forwarded_header_missing"),
        (head(UNIX_PEER), "forwarded_header_missing"),
    ],
)
def test_a_wrong_setting_is_told_once_and_names_nobody(sent: Any, event: str) -> None:
    assert said_by(sent, trusted_proxies=("10.0.0.0/8",)) == [event]


def test_with_right_settings_nothing_is_said() -> None:
    right = head(OWN, x_forwarded_for="192.0.2.1", x_forwarded_proto="http", origin="http://chat.example:8000")
    assert said_by(right, head(OTHER), trusted_proxies=("10.0.0.0/8",)) == []
