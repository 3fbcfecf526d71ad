"""Every visitor's life in a run, replayed from its history: what it was told, and whether it could be true (I1-I3).

Pure. The messages are judged in relay.py, the end of the run in checker.py.
"""

from __future__ import annotations

from collections import defaultdict

from tests.cluster.history import (
    FRESH,
    NOBODY,
    OK,
    Answered,
    Asked,
    Ended,
    Fault,
    Heard,
    Leaving,
    Left,
    Lost,
    Matched,
    OfVisitor,
    OnLink,
    Partner,
    Read,
    Record,
    Said,
    Shown,
    Welcomed,
    Wrote,
)
from tests.cluster.life import ANY, BROKEN, WENT, Ending, Going, Hearing, Life, Member, Saying, Sudden, Violation

APART_S = 59.0  # of the 60 s in which two do not meet again (docs/matching.md): one for the way of the events
PARTNERS = 8  # whom each remembers
NOTED_S = 3.0  # the nodes may know so long before the test notes it that one of them has ended, or has started
LATE_S = 1.0  # so long what a node has sent may lie unread after its end
BACK_S = 10.0  # whoever comes back so soon after its node was killed should find its chat, if the partner is elsewhere
ORDERLY = {"draining", "ended", "renewing"}  # done to a node, and visitors must not notice
MAY_BE_REFUSED = {"chat_over", "partner_away"}  # what crosses the end of a chat or the break of a link

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
        self.shown: defaultdict[Place, list[int]] = defaultdict(list)
        self.stays: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)  # at which nodes, and since when
        self.killed: dict[str, list[float]] = defaultdict(list)
        self.started: dict[str, list[float]] = defaultdict(list)
        self.drained: dict[str, list[float]] = defaultdict(list)
        self.strangers = 0  # who came anew from a node that drained, though not from a chat
        self.down: set[str] = set()  # nodes that are killed or stand still
        self.faults: list[float] = []
        self.sudden: list[Sudden] = []
        self.waits: list[float] = []
        self.aways = 0
        self.moves = 0
        self.orphans = 0  # whose node was killed in a chat with one of another node, and who came back in time
        self.inherited = 0  # of these: those who are in that chat again
        self.now = 0.0

    def take(self, record: Record) -> None:
        """Replays one record. TCP gives no order between two connections: what a visitor's next link brings is taken
        when the one before has ended, as the visitor has to do.
        """
        self.now = record.at
        if isinstance(record, Fault):
            self.fault(record)
            return
        life = self.of[record.who]
        life.who = record.who
        if isinstance(record, OnLink) and record.link > life.link and life.is_linked:
            life.later.append(record)
        else:
            self.replay(life, record)

    def replay(self, life: Life, record: OfVisitor) -> None:
        match record:
            case Welcomed():
                self.welcomed(life, record)
            case Lost() if life.later:
                self.moves_on(life)
            case Lost() | Left():
                self.goes(life, record)
            case Asked(number=number):
                life.going[number] = Going(life.chat, is_find=True)
            case Leaving(number=number, chat=chat):
                life.going[number] = Going(ANY if chat is None else chat, is_find=False)
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

    def fault(self, record: Fault) -> None:
        if record.what in ("killed", "stalled"):
            self.down.add(record.node)
        elif record.what in ("started", "woken"):
            self.down.discard(record.node)
        if record.what == "started":
            self.started[record.node].append(record.at)
        elif record.what not in ORDERLY:
            self.faults.append(record.at)
        if record.what == "killed":
            self.killed[record.node].append(record.at)
        if record.what == "draining":
            self.drained[record.node].append(record.at)

    def nodes_of(self, who: int, since: float) -> set[str]:
        """Where this visitor has been from then on."""
        stays = self.stays[who]
        first = max((n for n, (at, _) in enumerate(stays) if at <= since), default=0)
        return {node for _, node in stays[first:]}

    # --- the link

    def welcomed(self, life: Life, record: Welcomed) -> None:
        self.count(life, record)
        if life.who in self.broken:
            self.breaks[life.who].append((self.broken[life.who], self.now))
        if record.state == FRESH:
            self.begins(life)
        elif life.chat not in (None, record.chat):
            self.came_back_elsewhere(life, record.state)
        self.broken.pop(life.who, None)
        self.stays[life.who].append((self.now, record.node))
        life.node, life.pool, life.welcomed_at, life.link = record.node, record.pool, self.now, record.link
        life.is_linked, life.may_have_left = True, False
        life.resumed_to, life.is_told_end = record.chat, record.state == "idle"
        life.is_partner_here = record.is_partner_here
        life.was_partner_away |= not record.is_partner_here
        life.searches_since = self.now if record.state == "searching" else None

    def begins(self, life: Life) -> None:
        """A new session. The one before may have been lost with its node alone."""
        if life.session and not self.has_died_under(life) and not self.may_have_died_on_its_way(life):
            if life.chat is None and any(at >= life.welcomed_at for at in self.drained.get(life.node, ())):
                self.strangers += 1
            else:
                self.blame("came back as a stranger", life, life.chat)
        if life.chat is not None:
            self.end(life, life.chat, BROKEN)
        life.session += 1
        life.met.clear()

    def count(self, life: Life, record: Welcomed) -> None:
        """Notes a move; and whether a chat has outlived the node of one of its two."""
        self.moves += bool(life.session) and record.state != FRESH and record.node != life.node
        if self.has_died_under(life):
            life.met.clear()  # its node had the list; whoever has met it elsewhere has one, too
        if life.chat is None or not self.has_died_under(life) or self.now - self.broken.get(life.who, 0.0) > BACK_S:
            return
        others = [self.of[member.who] for member in self.members[life.chat] if member.who != life.who]
        if any(it.chat == life.chat and not it.going and not self.has_died_under(it) for it in others):
            self.orphans += 1
            self.inherited += record.chat == life.chat

    def has_died_under(self, life: Life) -> bool:
        """Whether its node was killed since it has come there."""
        return any(at >= life.welcomed_at - LATE_S for at in self.killed.get(life.node, ()))

    def may_have_died_on_its_way(self, life: Life) -> bool:
        """Whether a node was killed when it had no link: it may have moved there."""
        broken = self.broken.get(life.who, self.now)
        return any(at >= broken - LATE_S for kills in self.killed.values() for at in kills)

    def moves_on(self, life: Life) -> None:
        """Its link has ended, and it has another one. What was asked on the old one and not answered, a node that is
        well has not even looked at: it is asked again.
        """
        if life.node in self.down:
            life.may_have_left |= bool(life.going)
        else:
            for chat, unheard in life.said.values():
                self.said[chat, life.who] = [each for each in self.said[chat, life.who] if each is not unheard]
        life.going.clear()
        life.said.clear()
        life.is_linked, life.searches_since = False, None
        later, life.later = life.later, []
        for record in later:
            self.take(record)

    def came_back_elsewhere(self, life: Life, state: str) -> None:
        """Its find or leave, of which no answer came, has ended its chat; or it will be told how that ended."""
        assert life.chat is not None
        if not life.may_have_left and state == "idle":
            return
        if not life.may_have_left:
            self.blame("lost its chat without a word", life, life.chat)
        self.end(life, life.chat, WENT)

    def goes(self, life: Life, record: Lost | Left) -> None:
        life.is_linked, life.searches_since = False, None
        life.may_have_left |= bool(life.going)
        life.going.clear()
        life.said.clear()
        if isinstance(record, Lost):
            self.broken[life.who] = self.now
            return
        life.has_left = True
        if life.chat is not None:
            self.end(life, life.chat, WENT)

    # --- searches and chats

    def answered(self, life: Life, record: Answered) -> None:
        if record.number in life.going:
            self.went(life, life.going.pop(record.number), record.code)
        elif record.number in life.said:
            self.said_answered(life, record)

    def went(self, life: Life, going: Going, code: str) -> None:
        if code not in (OK, "chat_over"):
            self.blame("a search was refused", life, more=code)
        if code != OK:
            return
        if life.chat is not None and going.chat in (life.chat, ANY):
            self.end(life, life.chat, WENT)
        if life.chat is None:
            life.searches_since = self.now if going.is_find else None

    def matched(self, life: Life, chat: str) -> None:
        is_told_again, life.resumed_to, life.is_told_end = chat == life.resumed_to, None, False
        if chat == life.chat or chat in life.over:
            if not is_told_again or chat in life.over:
                self.blame("matched twice to one chat", life, chat)
            return
        if life.chat is not None:
            self.blame("matched while in a chat", life, chat, life.chat)
        if life.searches_since is not None:
            self.waits.append(self.now - life.searches_since)
        life.is_partner_here |= not is_told_again
        life.was_partner_away = not life.is_partner_here
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

    def ended(self, life: Life, record: Ended) -> None:
        is_known = life.is_told_end or life.was_partner_away or not life.is_partner_here
        if record.chat == life.chat:
            if record.reason == "lost" and not is_known:
                self.sudden.append(Sudden(life.who, record.chat, self.now))
            self.end(life, record.chat, record.reason)
        elif not life.is_told_end:
            self.blame("told of the end of a chat that is not its own", life, record.chat)
        elif record.chat not in life.over:  # it began and ended while the link was broken
            life.met.append(((NOBODY, 0), self.now))
        life.is_told_end = False

    def end(self, life: Life, chat: str, reason: str) -> None:
        life.chat = None
        life.over.add(chat)
        self.endings[chat, life.who] = Ending(self.now, reason)
        others = [(m.who, m.session) for m in self.members.get(chat, ()) if m.who != life.who]
        life.met += [(who, self.now) for who in others or [(NOBODY, 0)]]  # nobody: its node has died before it was told

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

    def message(self, life: Life, record: Said | Heard | Wrote | Read | Shown) -> None:
        place = record.chat, life.who
        match record:
            case Said(what=what):
                saying = Saying(self.now, what)
                self.said[place].append(saying)
                life.said[record.number] = record.chat, saying
            case Heard(what=what):
                self.hears(life, record.chat)
                self.heard[place].append(Hearing(self.now, what))
            case Shown(what=what):
                self.shown[place].append(what)
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
        life.was_partner_away = False

    def said_answered(self, life: Life, record: Answered) -> None:
        chat, saying = life.said.pop(record.number)
        saying.code, saying.answered_at = record.code, self.now
        if record.code not in MAY_BE_REFUSED | {OK}:
            self.blame("something said was refused", life, chat, record.code)
        elif record.code == "chat_over" and chat == life.chat:
            self.blame("refused as over, but the chat goes on", life, chat)
