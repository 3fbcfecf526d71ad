"""A crowd that does what it likes, and what must be true of the house whatever it does.

Each guest believes of itself what the protocol has told it; after each step belief and truth are compared.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, cast

from omefree.chat.halves import Partner
from omefree.chat.states import State
from omefree.chat.visitor import Visitor
from tests.chat.house import Answer, Client, Event, House

QUEUE_BYTES = 4_000  # whoever stops reading is soon closed


class Guest:
    """A visitor's own idea of how things stand."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.state = "idle"
        self.chat = ""
        self.last = ""
        self.online = 0
        self.partner_here = True
        self.got: list[str] = []  # texts
        self.visitor: weakref.ref[Visitor]
        self.sit_down()

    @property
    def hears(self) -> bool:
        """Whether what the server sends arrives."""
        return self.client.is_open and self.client.wire.reads and not self.client.wire.silent

    def sit_down(self) -> None:
        """After a welcome."""
        resumed = self.client.greeting["resumed"]
        if resumed is None:
            self.state, self.chat, self.last = "idle", "", ""
        else:
            was, self.state = self.chat, resumed["state"]
            self.chat = resumed.get("chat", "")
            self.last = was if was and was != self.chat else self.last
            self.partner_here = resumed.get("partner") == "here"
        self.online = self.client.greeting["online"]
        self.visitor = weakref.ref(self.client.house.visitor(self.client))

    def read(self, ended_by_own_act: bool = False) -> list[Event]:
        """Believe what was heard. The first acknowledgement may have ended the chat or the search."""
        heard, self.client.heard = self.client.heard, []
        for name, *args in heard:
            if name == "ack" and ended_by_own_act:
                ended_by_own_act = False
                self._over()
            elif name == "online":
                [self.online] = args
            elif name == "searching":
                self._over()
                self.state = "searching"
            elif name == "matched" and args[0]["chat"] != self.chat:  # one that it knows is told again after a resume
                self.state, self.chat = "chatting", args[0]["chat"]
                self.partner_here = True
            elif name == "ended" and args[0] == self.chat:
                self._over()
            elif name == "partner" and args[0] == self.chat:
                self.partner_here = args[1] == "back"
            elif name in ("message", "signal", "typing"):
                assert args[0] == self.chat, "nothing comes from another chat"
                self.got.append(str(args[1]))
        return heard

    def _over(self) -> None:
        if self.chat:
            self.last = self.chat
        self.state, self.chat = "idle", ""


class World:
    """A house and its guests. Every public method is a step, and leaves the house as it must be."""

    def __init__(self) -> None:
        choose = cast(Callable[[int], int], lambda _: 0)  # so that a failure can be repeated
        self.house = House(send_queue_bytes=QUEUE_BYTES, quota_scale=100_000, choose=choose)
        self.guests: list[Guest] = []
        self.visitors: list[weakref.ref[Visitor]] = []
        self.said = 0
        self.polite: dict[str, list[bool]] = {}
        self.reports: set[frozenset[str]] = set()
        self.matches = 0

    # --- steps ---

    def arrive(self) -> None:
        self.guests.append(Guest(self.house.arrive()))
        self.visitors.append(self.guests[-1].visitor)
        self.look()

    def find(self, guest: Guest, criteria: Answer) -> None:
        if guest.client.is_open:
            guest.client.tell("find", criteria)
        self.look()

    def find_and_vanish(self, guest: Guest, other: Guest, criteria: Answer) -> None:
        """Both search at once, and one is gone before anything is decided."""
        for each in (guest, other):
            if each.client.is_open:
                each.client.post("find", criteria)
        guest.client.cut()
        self.look()

    def leave(self, guest: Guest) -> None:
        self._act(guest, "leave")

    def report(self, guest: Guest, last: bool) -> None:
        visitor = guest.visitor()
        chat = guest.last if last else guest.chat
        about = self._partner_of(visitor, chat) if visitor else None
        answer = self._act(guest, "report", chat, "spam", ends=not last)
        if visitor and about and answer == {"ok": True}:
            self.reports.add(frozenset((visitor.id, about.id)))

    def again(self, guest: Guest) -> None:
        self._act(guest, "again", guest.last, ends=False)

    def say(self, guest: Guest, name: str) -> None:
        """Whatever is said reaches the partner and nobody else, if it was accepted."""
        self.said += 1
        data = True if name == "typing" else f"{name} {self.said}"
        before = [len(each.got) for each in self.guests]
        partner = self._partner(guest)
        answer = self._act(guest, name, guest.chat, data, ends=False)
        got = [each for each, count in zip(self.guests, before, strict=True) if each.got[count:] == [str(data)]]
        others = [each for each, count in zip(self.guests, before, strict=True) if each not in got and each.got[count:]]
        assert others == [], "nobody else hears it"
        if answer == {"ok": True}:
            assert got == ([partner] if partner is not None and partner.hears else [])
        else:
            assert got == []
        if answer is not None and guest.state == "chatting" and not guest.partner_here:
            assert answer["code"] == "partner_away"

    def cut(self, guest: Guest) -> None:
        guest.client.cut()
        self.look()

    def fall_silent(self, guest: Guest) -> None:
        guest.client.fall_silent()
        self.look()

    def stop_reading(self, guest: Guest) -> None:
        guest.client.wire.reads = False
        self.look()

    def come_back(self, guest: Guest) -> None:
        """On a new link, whether or not the old one still lives."""
        guest.client = guest.client.come_back()
        guest.sit_down()
        if guest.visitor not in self.visitors:
            self.visitors.append(guest.visitor)
        self.look()

    def go(self, guest: Guest) -> None:
        """For good."""
        if guest.client.is_open and not guest.client.wire.silent:
            guest.client.disconnect()
        self.guests.remove(guest)
        self.look()

    def wait(self, seconds: float) -> None:
        counter = self.house.lounge.counter
        before = counter.count
        self.house.pass_time(seconds)
        self.look()
        here = counter.count
        if here == before and seconds > 5:  # else a link has ended meanwhile, perhaps of somebody long gone
            assert [guest.online for guest in self.guests if guest.hears and guest.online != here] == []

    def everybody_goes(self) -> None:
        for guest in list(self.guests):
            self.go(guest)
        self.house.pass_time(60)
        assert self.house.holds() == {}
        assert [ref for ref in self.visitors if ref() is not None] == [], "nothing is left of anybody"

    # --- what must be true ---

    def look(self) -> None:
        """Compare what the guests believe with what the server holds, and that with itself."""
        for guest in self.guests:
            self._note_matches(guest.read())
        for guest in self.guests:
            if guest.hears:
                self._check_belief(guest)
        self._check_roles()
        self._check_visitors()
        self._check_lobby()

    def _check_belief(self, guest: Guest) -> None:
        visitor = self.house.visitor(guest.client)
        assert guest.state == visitor.state.value
        assert guest.chat == (visitor.half.id if visitor.half else "")
        if visitor.half is not None:
            assert guest.partner_here == (visitor.half.partner.seat is not None)

    def _check_visitors(self) -> None:
        lounge = self.house.lounge
        here = 0
        for visitor in lounge.visitors.values():
            here += visitor.seat is not None
            assert (visitor.seat is None) == (visitor.id in lounge._windows)
            assert (visitor.state is State.CHATTING) == (visitor.half is not None)
            assert (visitor.state is State.SEARCHING) == (visitor.ticket is not None)
            if visitor.half is not None:
                partner = lounge.visitors[visitor.half.partner.id]
                assert partner is not visitor
                assert partner is visitor.half.partner
                assert partner.half is not None
                assert partner.half.partner is visitor
                assert partner.half.id == visitor.half.id
                assert frozenset((visitor.id, partner.id)) not in self.reports
        assert lounge.counter.count == here
        assert len(lounge._tokens) <= 2 * len(lounge.visitors)

    def _check_lobby(self) -> None:
        """Whoever searches is in the lobby, and nobody else; two who fit and may meet do not both wait."""
        exchange = self.house.exchange
        searching = [
            visitor
            for visitor in self.house.lounge.visitors.values()
            if visitor.state is State.SEARCHING and visitor.seat is not None
        ]
        assert len(exchange) == len(searching)
        for visitor in searching:
            assert visitor.id in exchange
            for other in searching:
                if other is not visitor and self._fit(visitor, other):
                    assert self._are_apart(visitor.id, other.id)

    def _are_apart(self, one: str, two: str) -> bool:
        of = self.house.exclusions.of
        return two in dict(of(one)) or one in dict(of(two))

    @staticmethod
    def _fit(one: Visitor, two: Visitor) -> bool:
        assert one.ticket is not None
        assert two.ticket is not None
        both = (one.ticket, two.ticket)
        shared = both[0].interests.keys() & both[1].interests.keys()
        return both[0].mode == both[1].mode and bool(shared or not any(ticket.interests for ticket in both))

    def _note_matches(self, heard: list[Event]) -> None:
        for name, *args in heard:
            if name == "matched":
                self.matches += 1
                self.polite.setdefault(args[0]["chat"], []).append(args[0]["polite"])

    def _check_roles(self) -> None:
        """Of two in a chat exactly one is polite, and is so again after a resume."""
        for guest in self.guests:
            partner = self._partner(guest)
            if guest.hears and partner is not None and partner.hears and guest.chat in self.polite:
                assert set(self.polite[guest.chat]) == {True, False}

    # --- help ---

    def _act(self, guest: Guest, name: str, *args: Any, ends: bool = True) -> Answer | None:
        """Send an event; what it ends for the sender is over with its acknowledgement."""
        client = guest.client
        if not client.is_open or client.wire.silent or not client.wire.reads:
            self.look()
            return None
        guest.read()
        answer = client.emit(name, *args)
        self._note_matches(guest.read(ended_by_own_act=ends and answer["ok"]))
        self.look()
        return answer

    def _partner(self, guest: Guest) -> Guest | None:
        for other in self.guests:
            if other is not guest and guest.chat and other.chat == guest.chat:
                return other
        return None

    @staticmethod
    def _partner_of(visitor: Visitor, chat: str) -> Partner | None:
        if visitor.half is not None and visitor.half.id == chat:
            return visitor.half.partner
        return visitor.last.partner() if visitor.last is not None and visitor.last.id == chat else None
