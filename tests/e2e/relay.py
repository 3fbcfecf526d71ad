"""A relay that lies: it sits on a page's WebSocket and changes what passes as a test tells it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from playwright.async_api import Page, WebSocketRoute

from omefree.seal.binary import decode_base64url, encode_base64url
from omefree.seal.content import Content, decode_content, encode_content
from omefree.seal.frame import EVENTS, HELLO, LANES, Frame, decode_frame, encode_frame
from omefree.seal.handshake import ENTROPY_BYTES, Keys, agree, make_offer
from tests.e2e.people import intercept

PACKET = re.compile(r"4([23])(\d*)(\[.*)", re.DOTALL)  # a Socket.IO event or acknowledgement, its number, its JSON
DATA_EVENTS = frozenset(EVENTS.values())


class Datum(NamedTuple):
    """What one page says to the other, as the relay sees it."""

    event: str
    data: str

    @property
    def frame(self) -> Frame:
        return decode_frame(self.data)


Hook = Callable[[Datum], Iterable[Datum]]


def datum(frame: Frame) -> Datum:
    return Datum(EVENTS[frame.kind], encode_frame(frame))


def honest(passing: Datum) -> Iterable[Datum]:
    return [passing]


class Relay:
    """The connection of one page. The attributes that `honest` sets are the lies; at first there are none."""

    def __init__(self) -> None:
        self.commit = ""  # what the page has committed to
        self.met: dict[str, Any] = {}  # the last `matched`, as the server told it
        self.heard: list[Datum] = []  # what the partner said, before any lie
        self.links = 0  # how often the page has connected
        self.honest()

    def honest(self) -> None:
        """No lies any more."""
        self.down: Hook = honest
        """What the page hears when the partner says something."""
        self.matched: Callable[[dict[str, Any]], dict[str, Any]] = dict
        """What the page is told of a match."""
        self.refuses: Callable[[Datum], dict[str, Any] | None] = lambda _: None
        """The relay's own answer to what the page says, which then goes no further."""
        self.unanswered: Callable[[Datum], bool] = lambda _: False
        """Whether the acknowledgement of what the page says gets lost."""

    async def tap(self, page: Page) -> None:
        """Before the page is opened."""
        await intercept(page, self._connected)

    def tell(self, name: str, *args: Any) -> None:
        """The page hears this event."""
        self._page.send("42" + json.dumps([name, *args]))

    def inject(self, *forged: Datum) -> None:
        """The page hears this as if its partner had said it."""
        for event, data in forged:
            self.tell(event, self.met["chat"], data)

    # --- what passes

    def _connected(self, route: WebSocketRoute) -> None:
        self.links += 1
        self._page, self._server = route, route.connect_to_server()
        self._mute: set[str] = set()
        route.on_message(lambda packet: self._up(str(packet)))
        self._server.on_message(lambda packet: self._down(str(packet)))

    def _up(self, packet: str) -> None:
        kind, ack, args = read(packet)
        if kind == "2" and args[0] == "find":
            self.commit = args[1]["seal"]["commit"]
        if kind == "2" and args[0] in DATA_EVENTS:
            said = Datum(args[0], args[2])
            refusal = self.refuses(said)
            if refusal is not None:
                return self._page.send(f"43{ack}" + json.dumps([refusal]))
            if self.unanswered(said):
                self._mute.add(ack)
        self._server.send(packet)
        return None

    def _down(self, packet: str) -> None:
        kind, ack, args = read(packet)
        if kind == "3" and ack in self._mute:
            return
        if kind == "2" and args[0] == "matched":
            self.met = args[1]
            self.tell("matched", self.matched(self.met))
        elif kind == "2" and args[0] in DATA_EVENTS:
            said = Datum(args[0], args[2])
            self.heard.append(said)
            for event, data in self.down(said):
                self.tell(event, args[1], data)
        else:
            self._page.send(packet)


def read(packet: str) -> tuple[str, str, list[Any]]:
    """Kind (2 an event, 3 an acknowledgement), acknowledgement number, arguments; empty for any other packet."""
    found = PACKET.fullmatch(packet)
    return (found[1], found[2], json.loads(found[3])) if found else ("", "", [])


class Middle:
    """The man in the middle. He shakes hands with either page, opens each thing said and seals it anew.

    `edit` sees all that goes to the page of `victim`, and may put something else in its place.
    """

    def __init__(
        self, victim: Relay, partner: Relay, edit: Callable[[Content], Content] = lambda content: content
    ) -> None:
        legs = Leg(victim), Leg(partner)
        for listener, speaker, change in ((*legs, edit), (*legs[::-1], lambda content: content)):
            listener.relay.matched = listener.introduce
            listener.relay.down = self._between(speaker, listener, change)

    def _between(self, speaker: Leg, listener: Leg, edit: Callable[[Content], Content]) -> Hook:
        def pass_on(said: Datum) -> Iterable[Datum]:
            kind, n, body = said.frame.kind, said.frame.n, said.frame.body
            if kind == HELLO:
                speaker.greeted(body)
                return [datum(Frame(HELLO, 0, listener.offer.hello))]
            if (kind, n) not in listener.sealed:  # a page sends some again
                opened = speaker.keys.open(LANES[kind], n, body)
                listener.sealed[kind, n] = listener.keys.seal(LANES[kind], n, edited(opened, edit))
            return [datum(Frame(kind, n, listener.sealed[kind, n]))]

        return pass_on


class Leg:
    """The side of the man in the middle in his chat with one page."""

    keys: Keys

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.offer = make_offer(secrets.token_bytes(ENTROPY_BYTES))
        self.sealed: dict[tuple[int, int], bytes] = {}

    def introduce(self, met: dict[str, Any]) -> dict[str, Any]:
        return {**met, "seal": {"v": 1, "commit": self.offer.commit}}

    def greeted(self, hello: bytes) -> None:
        chat, polite = self.relay.met["chat"], not self.relay.met["polite"]
        if not hasattr(self, "keys"):
            self.keys = agree(self.offer, self.relay.commit, hello, chat, polite)


def edited(opened: bytes, edit: Callable[[Content], Content]) -> bytes:
    content = decode_content(opened)
    assert content is not None, "a page says only what both sides know"
    return encode_content(edit(content))


# --- what a relay can do to a datum ---------------------------------------------------------------------------------


def to(kind: int, change: Callable[[Datum], Iterable[Datum]]) -> Hook:
    """Does it to the data of one kind, and lets all else pass."""
    return lambda said: change(said) if said.frame.kind == kind else [said]


def flip(said: Datum) -> Iterable[Datum]:
    raw = bytearray(decode_base64url(said.data))
    raw[-1] ^= 1
    return [Datum(said.event, encode_base64url(bytes(raw)))]


def truncate(said: Datum) -> Iterable[Datum]:
    return [Datum(said.event, said.data[:-4])]


def swallow(_: Datum) -> Iterable[Datum]:
    return []


def instead(*forged: Datum) -> Callable[[Datum], Iterable[Datum]]:
    return lambda _: forged
