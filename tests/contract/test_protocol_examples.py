"""The examples of docs/protocol.md are what travels: our own codecs and types read each of them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, get_args

import msgspec
import pytest

from omefree.chat import frames
from omefree.contract import codes, events
from omefree.wire import engineio, socketio
from omefree.wire.socketio import Packet

PAGE = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.M | re.S)
VISITOR, SERVER = "> ", "< "
BARE = {VISITOR: {b"1", b"3", b"2probe", b"5"}, SERVER: {b"1", b"2", b"3probe", b"6"}}
WORDS_MAX = 60  # of a paragraph, a list item or a cell

Reader: TypeAlias = Callable[[Packet, bytes], None]


class Greeting(msgspec.Struct):
    """What the server answers to CONNECT."""

    sid: str


class ConnectError(msgspec.Struct):
    message: str
    data: events.ConnectErrorData


class HttpRefusal(msgspec.Struct):
    """The body of an answer that is no packet."""

    code: int
    message: str
    reason: codes.Code


class Answered(msgspec.Struct):
    ok: bool


EXAMPLES = [(line[:2], line[2:].encode()) for block in BLOCK.findall(PAGE) for line in block.splitlines()]


def reads(kind: Any) -> Reader:
    """Reads JSON of that type, and drops nothing of it as unknown."""

    def read(head: Packet, packet: bytes) -> None:
        value = msgspec.json.decode(packet[head.at :], type=kind)
        assert contains(msgspec.to_builtins(value), msgspec.json.decode(packet[head.at :]))

    return read


def contains(more: Any, less: Any) -> bool:
    if isinstance(less, dict):
        return all(key in more and contains(more[key], less[key]) for key in less)
    if isinstance(less, list):
        return len(more) >= len(less) and all(map(contains, more, less))
    return bool(more == less)


def read_server_event(head: Packet, packet: bytes) -> None:
    """To the byte what the server writes."""
    event: events.ServerEvent = msgspec.json.decode(packet[head.at :], type=events.ServerEvent)
    assert frames.event_frame(event) == packet
    if isinstance(event, events.Failed):
        assert event.args.message == codes.MESSAGES[event.args.code]


def read_acknowledgement(head: Packet, packet: bytes) -> None:
    """To the byte what the server writes."""
    assert head.ack is not None
    [answer] = msgspec.json.decode(packet[head.at :], type=list[msgspec.Raw])
    if not msgspec.json.decode(answer, type=Answered).ok:
        refusal = msgspec.json.decode(answer, type=events.Refusal)
        assert frames.ack_frame(head.ack, refusal) == packet
        assert refusal.message == codes.MESSAGES[refusal.code]
    elif packet != frames.ok_frame(head.ack):
        assert frames.ack_frame(head.ack, msgspec.json.decode(answer, type=events.IceOk)) == packet


READERS: dict[tuple[str, int], Reader] = {
    (VISITOR, socketio.CONNECT): reads(events.Auth),
    (SERVER, socketio.CONNECT): reads(Greeting),
    (SERVER, socketio.CONNECT_ERROR): reads(ConnectError),
    (VISITOR, socketio.DISCONNECT): lambda head, packet: None,
    (VISITOR, socketio.EVENT): reads(events.VisitorEvent),
    (SERVER, socketio.EVENT): read_server_event,
    (SERVER, socketio.ACK): read_acknowledgement,
}


def messages() -> list[tuple[str, bytes]]:
    return [(side, packet) for side, packet in EXAMPLES if packet[:1] == engineio.MESSAGE]


@pytest.mark.parametrize(("side", "packet"), messages())
def test_what_a_side_sends_is_read_by_the_other(side: str, packet: bytes) -> None:
    head = socketio.decode(packet)
    READERS[side, head.kind](head, packet)


@pytest.mark.parametrize(("side", "packet"), [example for example in EXAMPLES if example not in messages()])
def test_what_is_no_message_belongs_to_engine_io(side: str, packet: bytes) -> None:
    if packet[:1] == engineio.OPEN:
        handshake = msgspec.json.decode(packet[1:], type=engineio.Handshake)
        assert (side, engineio.encode_handshake(handshake)) == (SERVER, packet)
    elif packet[:1] == b"{":
        refusal = msgspec.json.decode(packet, type=HttpRefusal)
        assert (side, refusal.message) == (SERVER, codes.MESSAGES[refusal.reason])
    else:
        assert packet in BARE[side]


@pytest.mark.parametrize(
    ("side", "section", "union"),
    [
        (VISITOR, "Events from the visitor", events.VisitorEvent),
        (SERVER, "Events to the visitor", events.ServerEvent),
    ],
)
def test_every_event_has_a_section_and_in_it_an_example(side: str, section: str, union: Any) -> None:
    part = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    described: set[str] = set()
    for text in part.split("\n### ")[1:]:
        named = set(re.findall(r"`(\w+)`", text.partition("\n")[0]))
        assert named <= set(re.findall(rf'^{side}42\d*\["(\w+)"', text, re.M))
        described |= named
    assert described == {str(kind.__struct_config__.tag) for kind in get_args(union)}


def test_every_code_has_its_row() -> None:
    table = PAGE.partition("\n## Codes\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.M)) == codes.CODES


def test_no_paragraph_is_long() -> None:
    prose = BLOCK.sub("\n", PAGE)
    parts = re.split(r"\n\s*\n|^\s*(?:-|\d+\.) |\|", prose, flags=re.M)
    assert [part for part in parts if len(part.split()) > WORDS_MAX] == []
