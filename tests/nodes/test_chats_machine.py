"""Whole servers under all faults: what a guest hears always fits, and in the end everybody chats or waits rightly."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.chat.fake_chat import BY_TEXT
from tests.nodes.chats import ChatNode, ChatWorld, Guest
from tests.nodes.faults import MOMENTS, REST_S, SECONDS, TAG, TAGS, Faults
from tests.nodes.network import LOST_S
from tests.nodes.profile import schedules

WHO = st.integers(0, 11)


class ChatsMachine(Faults[ChatNode]):
    world: ChatWorld

    @initialize(seed=st.integers(0, 999), early=st.integers(3, 9))
    def begin(self, seed: int, early: int) -> None:
        self.world = ChatWorld(seed, TAGS)
        self.world.wait(1.0)
        for i in range(early):
            self.come(TAGS[i % len(TAGS)])

    def all_awake(self) -> list[Guest]:
        return [guest for guest in self.world.guests if guest.is_alive and not guest.node.is_stopped]

    def awake(self, who: int) -> Guest | None:
        guests = self.all_awake()
        return guests[who % len(guests)] if guests else None

    @rule(tag=TAG)
    def come(self, tag: str) -> None:
        if self.runs(tag):
            self.world.come(tag).act("find", BY_TEXT)

    @rule(who=WHO)
    def find(self, who: int) -> None:
        if guest := self.awake(who):
            guest.act("find", BY_TEXT)

    @rule(seconds=MOMENTS)
    def all_find(self, seconds: float) -> None:
        for guest in self.all_awake():
            guest.act("find", BY_TEXT)
        self.world.wait(seconds)

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        if guest := self.awake(who):
            guest.act("leave")

    @rule(who=WHO)
    def depart(self, who: int) -> None:
        if guest := self.awake(who):
            self.world.depart(guest)

    @rule(who=WHO, is_last=st.booleans())
    def report(self, who: int, is_last: bool) -> None:
        if (guest := self.awake(who)) and (chat := guest.last if is_last else guest.chat):
            guest.act("report", chat, "spam")

    @rule(who=WHO)
    def again(self, who: int) -> None:
        if (guest := self.awake(who)) and guest.last:
            guest.act("again", guest.last)

    @rule()
    def all_again(self) -> None:
        for guest in self.all_awake():
            if guest.last and not guest.chat:
                guest.act("again", guest.last)

    @rule(who=WHO, seconds=SECONDS | MOMENTS)
    def cut_link(self, who: int, seconds: float) -> None:
        if guest := self.awake(who):
            guest.cut()
            self.world.clock.call_later(seconds, guest.come_back)

    @rule(who=WHO, tag=TAG)
    def move(self, who: int, tag: str) -> None:
        if guest := self.awake(who):
            guest.move(tag)

    @rule(who=WHO, tag=TAG, seconds=SECONDS | MOMENTS)
    def show(self, who: int, tag: str, seconds: float) -> None:
        """Shows its token at another node, too, and does not wait there for long."""
        if (guest := self.awake(who)) and self.runs(tag):
            self.world.clock.call_later(seconds, guest.show(tag))
            self.world.clock.call_later(seconds + 0.1, guest.come_back)

    @rule(tag=TAG, seconds=SECONDS)
    def drain(self, tag: str, seconds: float) -> None:
        """All its guests move to others."""
        others = sorted(self.world.nodes.keys() - {tag})
        chance = self.world.chance
        for guest in self.all_awake() if others else ():
            if guest.tag == tag:
                self.world.later(seconds * chance.random(), tag, partial(guest.move, chance.choice(others)))

    @rule(times=st.integers(1, 3))
    def all_say(self, times: int) -> None:
        for guest in times * self.all_awake():
            guest.say()

    def teardown(self) -> None:
        self.world.settle()
        self.world.wait(REST_S)
        self.world.check_nobody_is_stranded()
        self.world.wait(LOST_S)
        self.world.check_at_rest()
        self.world.check_all_speak()


TestChats = ChatsMachine.TestCase
TestChats.settings = schedules(few=60, many=5_000, steps=50)
