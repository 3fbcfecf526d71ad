"""tests/vectors/seal.json, which the page's tests read too: our code agrees with every line of it."""

import json
from typing import Any

import pytest

from omefree.errors import SealError
from omefree.seal.content import Text, decode_content, encode_content
from omefree.seal.frame import EVENTS, HELLO, LANES, Frame, decode_frame, encode_frame
from omefree.seal.handshake import Keys, Offer, agree, make_offer
from tests.vectors import make

VECTORS: dict[str, Any] = json.loads(make.PATH.read_text())
CHATS = VECTORS["chats"]


def parties(chat: dict[str, Any]) -> tuple[Offer, Offer]:
    """Impolite, polite."""
    one, two = (make_offer(bytes.fromhex(chat[role]["entropy"])) for role in ("impolite", "polite"))
    return one, two


def agreed(chat: dict[str, Any]) -> dict[str, Keys]:
    impolite, polite = parties(chat)
    return {
        "impolite": agree(impolite, polite.commit, polite.hello, chat["chat"], polite=False),
        "polite": agree(polite, impolite.commit, impolite.hello, chat["chat"], polite=True),
    }


OTHER = {"impolite": "polite", "polite": "impolite"}


def test_the_file_is_current() -> None:
    assert make.PATH.read_text() == make.render(), "run `python -m tests.vectors.make`"


@pytest.mark.parametrize("chat", CHATS, ids=lambda chat: chat["chat"])
def test_hellos(chat: dict[str, Any]) -> None:
    for role, offer in zip(("impolite", "polite"), parties(chat), strict=True):
        assert offer.hello.hex() == chat[role]["hello"]
        assert offer.commit == chat[role]["commit"]
        assert encode_frame(Frame(HELLO, 0, offer.hello)) == chat[role]["frame"]


@pytest.mark.parametrize("chat", CHATS, ids=lambda chat: chat["chat"])
def test_frames(chat: dict[str, Any]) -> None:
    keys = agreed(chat)
    assert list(keys["polite"].emoji) == list(keys["impolite"].emoji) == chat["emoji"]
    for vector in chat["frames"]:
        content, n = bytes.fromhex(vector["content"]), vector["n"]
        frame = decode_frame(vector["frame"])
        assert (LANES[frame.kind], frame.n) == (vector["lane"], n)
        assert keys[OTHER[vector["from"]]].open(vector["lane"], n, frame.body) == content
        assert keys[vector["from"]].seal(vector["lane"], n, content) == frame.body
        assert encode_frame(frame) == vector["frame"]
        decoded = decode_content(content)
        assert decoded is not None
        assert encode_content(decoded) == content
        assert vector["name"] == type(decoded).__name__.lower()
        assert not isinstance(decoded, Text) or decoded.text == vector["value"]


@pytest.mark.parametrize("vector", VECTORS["malformed"]["frames"], ids=lambda vector: vector["reason"])
def test_a_malformed_frame(vector: dict[str, str]) -> None:
    with pytest.raises(SealError):
        frame = decode_frame(vector["data"])
        if EVENTS[frame.kind] != vector["event"]:
            raise SealError


@pytest.mark.parametrize("vector", VECTORS["malformed"]["hellos"], ids=lambda vector: vector["reason"])
def test_a_malformed_hello(vector: dict[str, str]) -> None:
    impolite, _ = parties(CHATS[0])
    with pytest.raises(SealError):
        agree(impolite, vector["commit"], bytes.fromhex(vector["hello"]), CHATS[0]["chat"], polite=False)


@pytest.mark.parametrize("vector", VECTORS["malformed"]["bodies"], ids=lambda vector: vector["reason"])
def test_a_malformed_body(vector: dict[str, str]) -> None:
    frame = decode_frame(vector["frame"])
    with pytest.raises(SealError):
        agreed(CHATS[0])["polite"].open(LANES[frame.kind], frame.n, frame.body)


@pytest.mark.parametrize("vector", VECTORS["contents"], ids=lambda vector: vector["about"])
def test_a_content(vector: dict[str, Any]) -> None:
    assert (decode_content(bytes.fromhex(vector["content"])) is not None) is vector["fits"]
