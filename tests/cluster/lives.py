"""Every visitor's life in a run, replayed from its history: what it was told, and whether it could be true (I1-I3).

Pure. The messages are judged in relay.py, the end of the run in checker.py.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from msgspec import Struct, field

from tests.cluster.history import (
    FRESH,
    OK,
    Answered,
    Asked,
    Ended,
    Fault,
    Heard,
    Left,
    Lost,
    Matched,
    Partner,
    Read,
    Record,
    Said,
    Welcomed,
    Wrote,
)

APART_S = 59.0  # of the 60 s in which two do not meet again (docs/matching.md): one for the way of the events
PARTNERS = 8  # whom each remembers
RESTART_S = 10.0  # in which a killed node may be back before its peers have called it away
MAY_BE_REFUSED = {"chat_over", "partner_away"}  # what crosses the end of a chat or the break of a link


class Violation(NamedTuple):
    """`what` must never be."""

    what: str
    at: float
    who: int
    chat: str = ""
    more: str = ""


class Member(NamedTuple):
    """Who was told of a chat: at which time, by which node, in which session."""

    who: int
    session: int
    node: str
    at: float


class Ending(NamedTuple):
    """How a member learned that its chat is over. `reason`: as in `ended`, WENT or BROKEN."""

    at: float
    reason: str


WENT = "went"  # it ended the chat itself
BROKEN = "broken"  # it came back as a stranger


class Saying(Struct):
    """Something said. `code`: of its acknowledgement; None: there was none."""

    at: float
    what: int
    code: str | None = None


class Hearing(NamedTuple):
    at: float
    what: int


class Life(Struct, eq=False):
    """One visitor as it sees itself. `asked`: its finds under way, each with the chat that it would end."""

    who: int
    node: str = ""
    pool: str = ""
    session: int = 0
    is_linked: bool = False
    has_left: bool = False
    may_have_left: bool = False  # its chat: a find was under way when its link broke
    has_resumed: bool = False  # so it may be told again what it was told before
    resumed_to: str | None = None  # its `matched` follows, if it was lost
    chat: str | None = None
    is_partner_here: bool = True
    was_partner_away: bool = False  # in this chat
    searches_since: float | None = None
    asked: dict[int, str | None] = field(default_factory=dict)
    said: dict[int, tuple[str, Saying]] = field(default_factory=dict)  # without an answer, each with its chat
    over: set[str] = field(default_factory=set)
    met: list[tuple[tuple[int, int], float]] = field(default_factory=list)  # a session and when that chat ended


Place = tuple[str, int]  # a chat and one who is in it


class Lives:
    """All that the history tells, sorted. `violations` are of what one visitor was told at one moment."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.of: defaultdict[int, Life] = defaultdict(lambda: Life(-1))
        self.members: dict[str, list[Member]] = {}
        self.endings: dict[Place, Ending] = {}
        self.said: defaultdict[Place, list[Saying]] = defaultdict(list)
        self.heard: defaultdict[Place, list[Hearing]] = defaultdict(list)
        self.broken: dict[int, float] = {}  # whose link is down, and since when
        self.breaks: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)  # from the break to the welcome
        self.written: defaultdict[Place, int] = defaultdict(int)
        self.read: defaultdict[Place, int] = defaultdict(int)
        self.killed: dict[str, list[float]] = defaultdict(list)
        self.waits: list[float] = []
        self.aways = 0
        self.now = 0.0

    def take(self, record: Record) -> None:
        """Replays one record."""
        self.now = record.at
        if isinstance(record, Fault):
            if record.what == "killed":
                self.killed[record.node].append(record.at)
            return
        life = self.of[record.who]
        life.who = record.who
        match record:
            case Welcomed():
                self.welcomed(life, record)
            case Lost() | Left():
                self.goes(life, record)
            case Asked(number=number):
                life.asked[number] = life.chat
            case Answered():
                self.answered(life, record)
            case Matched():
                self.matched(life, record.chat)
            case Partner():
                self.partner(life, record)
            case Ended():
                self.ended(life, record)
            case _:
                self.message(life, record)

    def blame(self, what: str, life: Life, chat: str | None = None, more: str = "") -> None:
        self.violations.append(Violation(what, self.now, life.who, chat or "", more))

    # --- the link

    def welcomed(self, life: Life, record: Welcomed) -> None:
        life.node, life.pool = record.node, record.pool
        life.is_linked = True
        life.has_resumed = record.state != FRESH
        if life.who in self.broken:
            self.breaks[life.who].append((self.broken.pop(life.who), self.now))
        is_over = record.state != "idle" or life.may_have_left  # else `ended` follows
        if life.chat is not None and record.chat != life.chat and is_over:
            self.end(life, life.chat, BROKEN if record.state == FRESH else WENT)
        if record.state == FRESH:
            life.session += 1
            life.met.clear()
        life.resumed_to, life.is_partner_here = record.chat, record.is_partner_here
        life.searches_since = self.now if record.state == "searching" else None

    def goes(self, life: Life, record: Lost | Left) -> None:
        life.is_linked, life.searches_since = False, None
        life.may_have_left |= bool(life.asked)
        life.asked.clear()
        life.said.clear()
        if isinstance(record, Lost):
            self.broken[life.who] = self.now
            return
        life.has_left = True
        if life.chat is not None:
            self.end(life, life.chat, WENT)

    # --- searches and chats

    def answered(self, life: Life, record: Answered) -> None:
        if record.number in life.asked:
            self.find_answered(life, life.asked.pop(record.number), record.code)
        elif record.number in life.said:
            self.said_answered(life, record)

    def find_answered(self, life: Life, left: str | None, code: str) -> None:
        if code not in (OK, "chat_over"):
            self.blame("a search was refused", life, more=code)
        if code == OK and left is not None and life.chat == left:
            self.end(life, left, WENT)
        if code == OK and life.chat is None:
            life.searches_since = self.now

    def matched(self, life: Life, chat: str) -> None:
        if chat == life.chat or chat in life.over:
            if not life.has_resumed or chat in life.over:
                self.blame("matched twice to one chat", life, chat)
            return
        if life.chat is not None:
            self.blame("matched while in a chat", life, chat, life.chat)
        if life.searches_since is not None:
            self.waits.append(self.now - life.searches_since)
        if chat != life.resumed_to:
            life.is_partner_here = True
        life.was_partner_away, life.may_have_left = not life.is_partner_here, False
        life.chat, life.searches_since = chat, None
        self.members.setdefault(chat, []).append(Member(life.who, life.session, life.node, self.now))
        self.met(life, self.members[chat])

    def met(self, life: Life, members: list[Member]) -> None:
        """Two know of the chat now, or too many."""
        if len(members) == 1:
            return
        other = self.of[members[0].who]
        if len(members) > 2:
            self.blame("a chat of three", life, life.chat)
        elif other.pool != life.pool:
            self.blame("met one of another pool", life, life.chat, f"{other.pool} {life.pool}")
        elif self.are_apart(life, members[0]) or self.are_apart(other, members[1]):
            self.blame("met again too soon", life, life.chat)

    def are_apart(self, life: Life, other: Member) -> bool:
        return any(who == (other.who, other.session) and self.now - at < APART_S for who, at in life.met[-PARTNERS:])

    def was_restarted(self, life: Life) -> bool:
        """Whether the partner's node may have been killed and be back: at once it says that it knows no such chat."""
        others = {member.node for member in self.members.get(life.chat or "", ()) if member.who != life.who}
        kills = [at for node in others or self.killed for at in self.killed.get(node, ())]
        return any(0 <= self.now - at < RESTART_S for at in kills)

    def ended(self, life: Life, record: Ended) -> None:
        if record.chat == life.chat:
            is_sudden = not life.was_partner_away and not life.has_resumed
            if record.reason == "lost" and is_sudden and not self.was_restarted(life):
                self.blame("lost, but never away", life, record.chat)
            self.end(life, record.chat, record.reason)
        elif not life.has_resumed:
            self.blame("told of the end of a chat that is not its own", life, record.chat)

    def end(self, life: Life, chat: str, reason: str) -> None:
        life.chat = None
        life.over.add(chat)
        self.endings[chat, life.who] = Ending(self.now, reason)
        life.met += [((m.who, m.session), self.now) for m in self.members.get(chat, ()) if m.who != life.who]

    def partner(self, life: Life, record: Partner) -> None:
        self.aways += not record.is_here
        if record.chat != life.chat:
            self.blame("told of the partner of a chat that is not its own", life, record.chat)
        elif record.is_here is life.is_partner_here:
            self.blame("told twice that the partner is " + ("back" if record.is_here else "away"), life, record.chat)
        else:
            life.is_partner_here = record.is_here
            life.was_partner_away = True

    # --- what is said

    def message(self, life: Life, record: Said | Heard | Wrote | Read) -> None:
        place = record.chat, life.who
        match record:
            case Said(what=what):
                saying = Saying(self.now, what)
                self.said[place].append(saying)
                life.said[record.number] = record.chat, saying
            case Heard(what=what):
                self.hears(life, record.chat)
                self.heard[place].append(Hearing(self.now, what))
            case Wrote(n=n):
                self.written[place] = n + 1
            case Read(n=n):
                if (n, record.text_n) != (self.read[place], n):
                    self.blame("a sealed text was lost, doubled or changed", life, record.chat, f"{n} {record.text_n}")
                self.read[place] = n + 1

    def hears(self, life: Life, chat: str) -> None:
        if chat != life.chat:
            self.blame("heard something of a chat that is not its own", life, chat)
        elif not life.is_partner_here:
            self.blame("heard something from a partner that is away", life, chat)

    def said_answered(self, life: Life, record: Answered) -> None:
        chat, saying = life.said.pop(record.number)
        saying.code = record.code
        if record.code not in MAY_BE_REFUSED | {OK}:
            self.blame("something said was refused", life, chat, record.code)
        elif record.code == "chat_over" and chat == life.chat and not life.asked:
            self.blame("refused as over, but the chat goes on", life, chat)
