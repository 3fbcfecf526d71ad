"""Whole chat servers on the bad network: real presence, pairing, reunions and reports, real engines, clients.

Each guest believes what the protocol has told it. What it hears must fit to that at any moment.
"""

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

from omefree.chat.remote_chats import RemoteChats
from omefree.chat.states import State
from omefree.chat.visitor import VisitorRecord
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.cluster import Cluster
from omefree.exchange.sealing import Sealing
from omefree.matching.lobby import Lobby
from tests.chat.fake_chat import Client, FakeChat
from tests.clock import FakeClock
from tests.nodes.network import HESITATION_S, LOST_S, POOL, BadNode, Network


class NodeClock(FakeClock):
    """The clock of one node's process, with which the world's time cannot be moved."""

    def __init__(self, node: "ChatNode") -> None:
        self._node = node

    def time(self) -> float:
        return self._node.clock.time()

    def call_at(self, when: float, callback: Any, /, *args: Any) -> Any:
        return self._node.clock.call_at(when, callback, *args)

    def call_soon(self, callback: Any, /, *args: Any) -> Any:
        return self._node.clock.call_soon(callback, *args)

    def advance(self, seconds: float = 0.0) -> None:
        assert not seconds, "time is the world's"
        self._node.world.clock.advance()


class Guest:
    """A visitor of a node. What it says is its name and a number."""

    def __init__(self, world: "ChatWorld", tag: str) -> None:
        self.world = world
        self.tag = tag
        self.name = f"{tag}{world.serial()}"
        self.node = world.nodes[tag]
        self.client: Client = self.node.chat.arrive()
        self.next: tuple[ChatNode, Client] | None = None  # it shows its token at another node, or comes back to its own
        self.visitor: VisitorRecord = self.node.chat.visitor(self.client)
        self.searches = self.asks = self.is_coming = False
        self.chat = self.last = ""
        self.begun: set[str] = set()
        self.said = 0
        self.said_in: dict[str, int] = {}  # by chat: the last number that was taken
        self.heard: dict[str, tuple[str, int]] = {}  # by chat: who speaks, and the last number

    def act(self, name: str, *args: Any) -> bool:
        """Whether the server has taken it."""
        self.read()
        if not self.is_connected:
            return False
        answer = self.client.emit(name, *args)
        if answer["ok"] and (name in ("find", "leave") or (name == "report" and args[0] == self.chat)):
            self._over()
            self.searches = name == "find"
        self.asks = name == "again" and bool(answer["ok"])
        self.read()
        return bool(answer["ok"])

    def say(self) -> None:
        chat = self.chat
        if chat and self.act("message", chat, f"{self.name}/{self.said + 1}"):
            self.said += 1
            self.said_in[chat] = self.said

    @property
    def is_alive(self) -> bool:
        """Whether the process lives that it is connected to, or was."""
        return self.world.nodes.get(self.node.tag) is self.node

    @property
    def is_connected(self) -> bool:
        return self.is_alive and self.client.is_open

    def cut(self) -> None:
        if self.is_connected:
            self.client.cut()
            self.read()

    def come_back(self) -> None:
        """To its own node, or to another one if that is no more."""
        if not self.is_connected:
            self.move(self.tag if self.tag in self.world.nodes else self.world.any_tag())

    def move(self, tag: str) -> None:
        """Shows its token at this node, if that runs; its old link stands as it does."""
        self.read()
        node = self.world.nodes.get(tag)
        may = self in self.world.guests and self.next is None and not self.is_coming
        if may and node is not None and not node.is_stopped:
            self.is_coming = True  # meanwhile the world goes on, and somebody else may call this
            self.next = node, node.chat.knock(address=self.client.address, resume=self.client.token)
            self.is_coming = False
            self.read()

    def show(self, tag: str) -> Callable[[], object]:
        """Shows its token at this node, too. Returns what ends that link."""
        self.read()
        node = self.world.nodes[tag]
        return node.chat.knock(address=self.client.address, resume=self.client.token).network.drop

    def read(self) -> None:
        """Believes what it has heard: of a new link only once it is let in there."""
        self._believe()
        node, client = self.next or (self.node, self.client)
        if client is self.client:
            return
        if "welcome" in client.names():
            client.greeting = client.one("welcome")
            if client.greeting["resumed"] is None and self.is_connected:
                self.client.network.write(b"41")  # as both our clients do: no ghost stays where they were
            if self.is_alive:
                self.node.clock.call_at(self.world.clock.time() + 1.0, self.client.network.drop)
            self.next, self.node, self.tag, self.client = None, node, node.tag, client
            if client.is_open:
                self.visitor = node.chat.visitor(client)
            resumed = self.client.greeting["resumed"] or {"state": "idle"}
            if resumed.get("chat", self.chat) != self.chat and resumed["chat"] in self.begun:
                client.heard = []
                client.network.write(b'42["leave",null]')  # as both our clients do: it has left that chat
                resumed = {"state": "idle"}
            if resumed["state"] != "chatting":
                self._over()
                self.searches = resumed["state"] == "searching"
            self._believe()
        elif not client.is_open or self.world.nodes.get(node.tag) is not node or "connect_error" in client.names():
            self.next = None
            client.network.drop()

    def _believe(self) -> None:
        heard, self.client.heard = self.client.heard, []
        for name, *args in heard:
            if name == "matched":
                self._matched(args[0]["chat"])
            elif name == "ended" and args[0] == self.chat:
                self._over()
            elif name in ("message", "partner"):
                assert args[0] == self.chat, f"I5: {self.name} hears of another chat"
                if name == "message":
                    self._hear(args[1])

    def _matched(self, chat: str) -> None:
        if chat == self.chat:
            return  # told again
        assert not self.chat, f"I2: {self.name} is in two chats"
        assert self.searches or self.last, f"{self.name} did not want to chat"
        assert chat not in self.begun, f"I2: {chat} begins twice"
        self.begun.add(chat)
        self.chat, self.searches, self.asks = chat, False, False
        half, last = self.visitor.half, self.visitor.last
        if half is not None and half.id == chat and half.partner.id:
            self.world.begins(chat, self.visitor.id, half.partner.id)
        elif last is not None and last.id == chat and (partner := last.partner()) and partner.id:  # it is over
            self.world.begins(chat, self.visitor.id, partner.id)

    def _hear(self, said: str) -> None:
        who, _, number = said.partition("/")
        speaker, last = self.heard.get(self.chat, (who, 0))
        assert who == speaker != self.name, f"I5: {who} and {speaker} in one chat"
        assert int(number) > last, f"I4: {number} after {last}"
        self.heard[self.chat] = (who, int(number))

    def _over(self) -> None:
        self.last = self.chat or self.last
        self.chat, self.searches = "", False


class ChatNode(BadNode):
    """A whole server, without its sockets."""

    def __init__(self, world: "ChatWorld", tag: str, boot: str) -> None:
        super().__init__(tag, world.engine, world.clock)
        self.world = world
        options = BusOptions(tag, boot, (POOL,), lost_s=LOST_S)
        self.bus = Bus(self.wire, Sealing([b"s" * 32]), self.clock, options, self.online, self.notice)
        self.chat = FakeChat(
            quota_scale=100_000, node=tag, resume_window_s=LOST_S, resume_window_chat_s=LOST_S,
            clock=NodeClock(self), exchange=self._cluster,
        )  # fmt: skip
        self.chats = RemoteChats(self.clock, self.chat.engine.alarms, self.bus, self.cluster, self.chat.presence)
        self.cluster.start(self.chats)

    def _cluster(self, chat: FakeChat) -> Cluster:
        choose, share = self.world.chance.randrange, chat.gate.share
        new_lobby = partial(Lobby, choose, HESITATION_S)
        self.cluster = Cluster(self.tag, self.bus, self.clock, new_lobby, share, pools=(POOL,), choose=choose)
        return self.cluster

    def online(self) -> int:
        return self.chat.presence.counter.count


class ChatWorld(Network[ChatNode]):
    """All servers and guests."""

    def __init__(self, seed: int, tags: str) -> None:
        self.guests: list[Guest] = []
        self.pairs: dict[str, dict[str, str]] = {}
        self.met: set[frozenset[str]] = set()
        super().__init__(seed, tags, lambda tag, boot: ChatNode(self, tag, boot))

    def begins(self, chat: str, visitor: str, partner: str) -> None:
        """A guest is told `matched`."""
        told = self.pairs.setdefault(chat, {})
        told[visitor] = partner
        assert set(told) <= {visitor, partner}, f"I2: three in {chat}"
        assert told.get(partner, visitor) == visitor, f"I2: {chat} is two pairs"
        self.met.add(frozenset((visitor, partner)))

    def come(self, tag: str) -> Guest:
        guest = Guest(self, tag)
        self.guests.append(guest)
        return guest

    def depart(self, guest: Guest) -> None:
        self.guests.remove(guest)
        if guest.next is not None:
            guest.next[1].network.drop()
        if guest.is_connected:
            guest.client.disconnect()

    def kill(self, tag: str) -> None:
        super().kill(tag)
        for guest in self.guests:
            if not guest.is_alive:
                self.clock.call_later(self.chance.choice((0.01, 0.5, 1.0)), guest.come_back)

    def any_tag(self) -> str:
        return self.chance.choice(sorted(self.nodes))

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        for guest in self.guests:
            guest.read()

    def settle(self) -> None:
        super().settle()
        for _ in range(4):
            for guest in self.guests:
                guest.come_back()
            self.wait(3.0)
        assert all(guest.is_connected and guest.next is None for guest in self.guests)

    def check_at_rest(self) -> None:
        """I1: every half has its other half, and each guest believes what is so."""
        visitors = {it.id: (it, node) for node in self.nodes.values() for it in node.chat.presence.visitors.values()}
        for visitor, node in visitors.values():
            assert (visitor.id in node.cluster) == (visitor.state is State.SEARCHING), f"{visitor.id} is forgotten"
            half = visitor.half
            if half is not None:
                assert half.partner.id in visitors, f"I1: {visitor.id} has a dead partner"
                other = visitors[half.partner.id][0].half
                assert other is not None and other.id == half.id, f"I1: {visitor.id} is alone in {half.id}"
                assert half.partner.socket is not None, f"I1: {visitor.id} believes that its partner is away"
        for guest in self.guests:
            state = guest.visitor.state
            assert (guest.chat != "", guest.searches) == (state is State.CHATTING, state is State.SEARCHING)

    def check_nobody_is_stranded(self) -> None:
        """I7: whoever waits has met all others who wait."""
        for one, two in combinations([guest for guest in self.guests if guest.searches], 2):
            assert frozenset((one.visitor.id, two.visitor.id)) in self.met, f"I7: {one.name} and {two.name} both wait"

    def check_all_speak(self) -> None:
        """One more word goes each way in every chat."""
        for guest in self.guests:
            guest.say()
        self.wait(0.1)
        for guest in self.guests:
            if guest.chat:
                who, number = guest.heard[guest.chat]
                partner = next(it for it in self.guests if it.name == who)
                assert number == partner.said_in[guest.chat], f"I4: {guest.name} does not hear {who}"
