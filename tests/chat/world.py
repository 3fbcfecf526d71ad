"""A crowd that does what it likes, and what must be true of the chat whatever the crowd does.

Each person believes what the protocol has told it. After each step, its belief is compared with the truth.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, cast

from omefree.chat.halves import Partner
from omefree.chat.states import State
from omefree.chat.visitor import VisitorRecord
from tests.chat.fake_chat import Client, FakeChat, Received, Reply

QUEUE_BYTES = 4_000  # whoever stops reading is soon closed


class Person:
    """A visitor, and its own idea of the state it is in."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.state = "idle"
        self.chat = ""
        self.last = ""
        self.online = 0
        self.partner_here = True
        self.got: list[str] = []  # texts
        self.visitor: weakref.ref[VisitorRecord]
        self.sit_down()

    @property
    def hears(self) -> bool:
        """Whether what the server sends arrives."""
        return self.client.is_open and self.client.network.reads and not self.client.network.silent

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
        self.visitor = weakref.ref(self.client.fake_chat.visitor(self.client))

    def read(self, ended_by_own_act: bool = False) -> list[Received]:
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
    """A chat and its people. Every public method is a step, after which the chat must be in a valid state."""

    def __init__(self) -> None:
        choose = cast(Callable[[int], int], lambda _: 0)  # so that a failure can be repeated
        self.fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES, quota_scale=100_000, choose=choose)
        self.people: list[Person] = []
        self.visitors: list[weakref.ref[VisitorRecord]] = []
        self.said = 0
        self.polite: dict[str, list[bool]] = {}
        self.reports: set[frozenset[str]] = set()
        self.reported = False  # somebody, perhaps one who had left
        self.matches = 0

    # --- steps ---

    def arrive(self) -> None:
        self.people.append(Person(self.fake_chat.arrive()))
        self.visitors.append(self.people[-1].visitor)
        self.look()

    def find(self, person: Person, criteria: Reply) -> None:
        if person.client.is_open:
            person.client.tell("find", criteria)
        self.look()

    def find_and_vanish(self, person: Person, other: Person, criteria: Reply) -> None:
        """Both search at once, and one is gone before anything is decided."""
        for each in (person, other):
            if each.client.is_open:
                each.client.post("find", criteria)
        person.client.cut()
        self.look()

    def leave(self, person: Person) -> None:
        self._act(person, "leave")

    def report(self, person: Person, last: bool) -> None:
        visitor = person.visitor()
        chat = person.last if last else person.chat
        about = self._partner_of(visitor, chat) if visitor else None
        answer = self._act(person, "report", chat, "spam", ends=not last)
        self.reported |= answer == {"ok": True}
        if visitor and about and answer == {"ok": True}:
            self.reports.add(frozenset((visitor.id, about.id)))

    def again(self, person: Person) -> None:
        self._act(person, "again", person.last, ends=False)

    def say(self, person: Person, name: str) -> None:
        """Whatever is said reaches the partner and nobody else, if it was accepted."""
        self.said += 1
        data = True if name == "typing" else f"{name} {self.said}"
        before = [len(each.got) for each in self.people]
        partner = self._partner(person)
        answer = self._act(person, name, person.chat, data, ends=False)
        got = [each for each, count in zip(self.people, before, strict=True) if each.got[count:] == [str(data)]]
        others = [each for each, count in zip(self.people, before, strict=True) if each not in got and each.got[count:]]
        assert others == [], "nobody else hears it"
        if answer == {"ok": True}:
            assert got == ([partner] if partner is not None and partner.hears else [])
        else:
            assert got == []
        if answer is not None and person.state == "chatting" and not person.partner_here:
            assert answer["code"] == "partner_away"

    def cut(self, person: Person) -> None:
        person.client.cut()
        self.look()

    def fall_silent(self, person: Person) -> None:
        person.client.fall_silent()
        self.look()

    def stop_reading(self, person: Person) -> None:
        person.client.network.reads = False
        self.look()

    def come_back(self, person: Person) -> None:
        """On a new link, whether or not the old one still lives."""
        person.client = person.client.come_back()
        person.sit_down()
        if person.visitor not in self.visitors:
            self.visitors.append(person.visitor)
        self.look()

    def go(self, person: Person) -> None:
        """For good."""
        if person.client.is_open and not person.client.network.silent:
            person.client.disconnect()
        self.people.remove(person)
        self.look()

    def wait(self, seconds: float) -> None:
        counter = self.fake_chat.presence.counter
        before = counter.count
        self.fake_chat.pass_time(seconds)
        self.look()
        here = counter.count
        if here == before and seconds > 5:  # else a link has ended meanwhile, perhaps of somebody long gone
            assert [person.online for person in self.people if person.hears and person.online != here] == []

    def everybody_goes(self) -> None:
        for person in list(self.people):
            self.go(person)
        self.fake_chat.pass_time(150)  # until a dead connection is noticed, and the window of a chat
        if not self.reported:
            assert self.fake_chat.holds() == {}
        assert self.fake_chat.holds().keys() <= {"records"}, "of the addresses of who reported or was reported"
        self.fake_chat.pass_time(4 * 3600)
        assert self.fake_chat.holds() == {}
        assert [ref for ref in self.visitors if ref() is not None] == [], "nothing is left of anybody"

    # --- what must be true ---

    def look(self) -> None:
        """Compare what the people believe with what the server holds, and that with itself."""
        for person in self.people:
            self._note_matches(person.read())
        for person in self.people:
            if person.hears:
                self._check_belief(person)
        self._check_roles()
        self._check_visitors()
        self._check_lobby()

    def _check_belief(self, person: Person) -> None:
        visitor = self.fake_chat.visitor(person.client)
        assert person.state == visitor.state.value
        assert person.chat == (visitor.half.id if visitor.half else "")
        if visitor.half is not None:
            assert person.partner_here == (visitor.half.partner.socket is not None)

    def _check_visitors(self) -> None:
        presence = self.fake_chat.presence
        here = 0
        for visitor in presence.visitors.values():
            here += visitor.socket is not None
            assert (visitor.state is State.CHATTING) == (visitor.half is not None)
            assert (visitor.state is State.SEARCHING) == (visitor.ticket is not None)
            if visitor.half is not None:
                partner = presence.visitors[visitor.half.partner.id]
                assert partner is not visitor
                assert partner is visitor.half.partner
                assert partner.half is not None
                assert partner.half.partner is visitor
                assert partner.half.id == visitor.half.id
                assert frozenset((visitor.id, partner.id)) not in self.reports
        assert presence.counter.count == here

    def _check_lobby(self) -> None:
        """Whoever searches is in the lobby, and nobody else; two who fit and may meet do not both wait."""
        exchange = self.fake_chat.exchange
        searching = [
            visitor
            for visitor in self.fake_chat.presence.visitors.values()
            if visitor.state is State.SEARCHING and visitor.socket is not None
        ]
        assert len(exchange) == len(searching)
        for visitor in searching:
            assert visitor.id in exchange
            for other in searching:
                if other is not visitor and self._fit(visitor, other):
                    assert self._are_apart(visitor.id, other.id)

    def _are_apart(self, one: str, two: str) -> bool:
        of = self.fake_chat.exclusions.of
        return two in dict(of(one)) or one in dict(of(two))

    @staticmethod
    def _fit(one: VisitorRecord, two: VisitorRecord) -> bool:
        assert one.ticket is not None
        assert two.ticket is not None
        both = (one.ticket, two.ticket)
        shared = both[0].interests.keys() & both[1].interests.keys()
        return both[0].mode == both[1].mode and bool(shared or not any(ticket.interests for ticket in both))

    def _note_matches(self, heard: list[Received]) -> None:
        for name, *args in heard:
            if name == "matched":
                self.matches += 1
                self.polite.setdefault(args[0]["chat"], []).append(args[0]["polite"])

    def _check_roles(self) -> None:
        """Of two in a chat exactly one is polite, and is so again after a resume."""
        for person in self.people:
            partner = self._partner(person)
            if person.hears and partner is not None and partner.hears and person.chat in self.polite:
                assert set(self.polite[person.chat]) == {True, False}

    # --- help ---

    def _act(self, person: Person, name: str, *args: Any, ends: bool = True) -> Reply | None:
        """Send an event; what it ends for the sender is over with its acknowledgement."""
        client = person.client
        if not client.is_open or client.network.silent or not client.network.reads:
            self.look()
            return None
        person.read()
        answer = client.emit(name, *args)
        self._note_matches(person.read(ended_by_own_act=ends and answer["ok"]))
        self.look()
        return answer

    def _partner(self, person: Person) -> Person | None:
        for other in self.people:
            if other is not person and person.chat and other.chat == person.chat:
                return other
        return None

    @staticmethod
    def _partner_of(visitor: VisitorRecord, chat: str) -> Partner | None:
        if visitor.half is not None and visitor.half.id == chat:
            return visitor.half.partner
        return visitor.last.partner() if visitor.last is not None and visitor.last.id == chat else None
