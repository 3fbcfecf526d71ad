"""Reports, judged per chat: a sequential test (CUSUM) of a visit, and of an address key that few visits share. PURE.

A count of reports in a time bans whoever talks to many people. So what is compared is reports per chat: a report
raises a score, a chat that a proven partner did not report lowers it, and at `LIMIT` there is a pause.
`omefree simulate abuse` runs this very file: each figure below is one with which its scenarios meet their goals.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import ceil, exp2, floor, inf, log
from struct import Struct as Packed
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from omefree.contract.codes import Mode, PauseReason, ReportReason, Whose
from omefree.contract.events import Pause
from omefree.contract.limits import PAUSE_MAX_S

HONEST, ABUSIVE = 0.02, 0.12  # the two shares of reported chats that the test tells apart (Page 1954, "CUSUM")
UP = log(ABUSIVE / HONEST)  # 1.79: a report
DOWN = log((1 - HONEST) / (1 - ABUSIVE))  # 0.108: a chat without one
LIMIT = 5.4  # just over three reports: fewer than four reports pause nobody
PAUSE_S = 600.0  # the first pause; each further one is twice as long, up to PAUSE_MAX_S
FORGET_S = 7200.0  # after the end of the last pause, the next one is a first
KEPT_S = FORGET_S - 300.0  # a key is kept after its last report and pause; a round of sweeps takes 5 min at most
ROUND_S = 60.0  # a pause ends and counts down with whole minutes of the clock: nobody sees which report it was
ALMOST = 1e-6  # the last bit of a float must not add a whole minute
COUNTS_S = 1.0  # a shorter chat counts neither way
PROVES_S = 20.0  # an unreported chat of this length with another network proves a visit
USUAL = 0.15  # who reports a larger share of its chats than this counts for less
SEASONED = 5  # chats: added to a reporter's, so that a first report weighs 0.9; a visit of a crowd counts from then on
VOTE_S = 600  # in this time a network has one vote on a target; a crowd of over FEW has two, of over 8 CROWD_VOTES
CROWD_VOTES = 3
FEW = 3  # visits of an address key that is judged itself; a crowd is judged by its visits alone
FEW_REPORTERS = 4  # visits of an address key whose reports are weighed together
CROWD_BAD, CROWD_SHARE = 3.0, 1 / 3  # so many visits of a crowd, and such a share, were paused: its key is, too
HALF_LIFE_S = 1800.0  # of a key's counts of chats, reports and visits
HALVINGS_MAX = 1000  # a float holds no more; the keys' secret changes after 48
KEYS_MAX = 200_000  # address keys with a record: 80 MB
SWEPT = 4_000  # keys that one sweep looks at: a millisecond or two

NEVER = -inf
PICTURES: frozenset[ReportReason] = frozenset({"nudity", "violence"})  # a pause for these leaves text open
NONE_OPEN: tuple[Mode, ...] = ()
TEXT_OPEN: tuple[Mode, ...] = ("text",)

_REASONS: tuple[ReportReason, ...] = ("nudity", "minor", "hate", "violence", "spam", "other")
_VOTE = Packed("<IIB")  # the first 4 bytes of a network, when (s), the index of the reason


class Record(Struct, gc=False):
    """What is remembered of a visit, or of an address key. Times are seconds of the monotonic clock.

    `given` and `chats`: reports made, chats had. `votes`: the reports about it of the last VOTE_S, packed. `good`: the
    chats that prove a visit. `visits` and `bad`, of a key: how many of its visits had SEASONED chats, and were paused.
    A key's counts are multiples of `Records._unit`.
    """

    score: float = 0.0
    until: float = NEVER
    level: int = 0
    reason: PauseReason = "mixed"
    open: tuple[Mode, ...] = NONE_OPEN
    given: float = 0.0
    chats: float = 0.0
    good: int = 0
    visits: float = 0.0
    bad: float = 0.0
    votes: bytes = b""
    reported_at: float = NEVER  # the last report by it or about it

    def lasts(self, now: float) -> bool:
        """Whether a report or a pause is so recent that a key's record outlives its visits."""
        return now < max(self.reported_at, self.until) + KEPT_S

    def moved(self, seconds: float) -> "Record":
        """The same, with all times so much later: for the clock of another machine, by way of ages."""
        votes = [(who, int(at + seconds) % 2**32, why) for who, at, why in _VOTE.iter_unpack(self.votes)]
        return replace(
            self,
            until=self.until + seconds,
            reported_at=self.reported_at + seconds,
            votes=b"".join(_VOTE.pack(*vote) for vote in votes),
        )

    def forgive(self) -> None:
        """Lifts the pause, and forgets what was reported."""
        self.score, self.until, self.level, self.bad, self.votes = 0.0, NEVER, 0, 0.0, b""

    def lower(self) -> float:
        """Lowers the score for a clean chat. Returns by how much."""
        lowered = min(self.score, DOWN)
        self.score -= lowered
        return lowered

    def votes_of(self, network: bytes, now: float) -> int:
        """How often a network has reported it in the last VOTE_S."""
        voter = int.from_bytes(network[:4], "little")
        return sum(who == voter and now - at < VOTE_S for who, at, _ in _VOTE.iter_unpack(self.votes))

    def vote(self, network: bytes, reason: ReportReason, weight: float, now: float) -> bool:
        """Counts a report. Returns whether this begins a pause."""
        votes = [vote for vote in _VOTE.iter_unpack(self.votes) if now - vote[1] < VOTE_S]
        votes.append((int.from_bytes(network[:4], "little"), int(now), _REASONS.index(reason)))
        self.votes = b"".join(_VOTE.pack(*vote) for vote in votes)
        self.score += UP * weight
        if self.score < LIMIT:
            return False
        self.pause([_REASONS[index] for *_, index in votes], now)
        return True

    def pause(self, reasons: Sequence[ReportReason], now: float) -> None:
        """Begins a pause, and the test anew. It tells the reason of more than half of the reports, or `mixed`."""
        top = max(reasons, key=reasons.count)
        self.reason = top if 2 * reasons.count(top) > len(reasons) else "mixed"
        judged = set(reasons) if self.reason == "mixed" else {top}
        self.open = TEXT_OPEN if judged <= PICTURES else NONE_OPEN
        self.level = self.level if now < self.until + FORGET_S else 0
        self.until = floor((now + min(PAUSE_S * 2**self.level, PAUSE_MAX_S)) / ROUND_S) * ROUND_S
        self.level += 1
        self.score = 0.0


class Party(Protocol):
    """One side of a chat. `record` is the visit's, None until its first chat has ended, and of a visit that is over.

    `key` stands for its address; `network` for the wider network that has one vote: the /48 of an IPv6 address.
    """

    key: bytes
    network: bytes
    record: Record | None


class Gone(Struct):
    """A partner whose chat is over, at the address that it had then. `record` is None if its visit is over, too."""

    key: bytes
    network: bytes
    record: Record | None = None


class Credit(Struct, frozen=True):
    """What the end of a chat gave to a partner, so that a report can take it back."""

    visit: float = 0.0
    address: float = 0.0
    proved: bool = False


NO_CREDIT = Credit()


class Standing(Struct, frozen=True):
    """What the record of one side of a chat needs of the other. `voter` stands for its network, `votes` is how many
    reports of that network count on one target in VOTE_S. `proven`: a long chat of it has gone unreported.
    """

    voter: bytes
    proven: bool
    votes: int


class Vote(Struct, frozen=True):
    """A report, as the record of its subject needs it. `weight`: 0 to 1; `voter` and `votes` as in Standing."""

    voter: bytes
    weight: float
    votes: int


class Records:
    """The records of address keys, and the rules for all. `present` tells how many visits a key has now.

    `paused` is told of each new pause, for the operator's counts. `voter` gives what stands for a network in the votes:
    on many machines it is the same on all of them.
    """

    def __init__(
        self,
        present: Callable[[bytes], int],
        paused: Callable[[PauseReason, Whose], None] = lambda reason, whose: None,
        voter: Callable[[bytes], bytes] = lambda network: network,
    ) -> None:
        self.present = present
        self._paused = paused
        self.voter = voter
        self._keys: OrderedDict[bytes, Record] = OrderedDict()  # those that were looked at last stand last
        self._since = NEVER  # when the first of the keys got its record
        self.refused = 0  # keys that got no record, because there were too many

    def __len__(self) -> int:
        return len(self._keys)

    def chat_ended(self, one: Party, two: Party, lasted_s: float, now: float) -> tuple[Credit, Credit]:
        """Counts a chat as clean on both sides, until it is reported. Returns what `one` gave to `two`, and back.

        A chat within one network counts neither way: somebody may be talking to itself.
        """
        if lasted_s < COUNTS_S or one.network == two.network:
            return NO_CREDIT, NO_CREDIT
        standings = [self.standing(party, now) for party in (one, two)]  # before this chat
        for party in (one, two):
            self._count_chat(party, now)
        return (
            self._credit(standings[0], two, lasted_s, now),
            self._credit(standings[1], one, lasted_s, now),
        )

    def half_ended(self, own: Party, partner: Standing, lasted_s: float, now: float) -> Credit:
        """Counts a chat with a partner of another process on this side. Returns what the partner gave to `own`."""
        if lasted_s < COUNTS_S or self.voter(own.network) == partner.voter:
            return NO_CREDIT
        self._count_chat(own, now)
        return self._credit(partner, own, lasted_s, now)

    def standing(self, party: Party, now: float) -> Standing:
        """What the record of its partner needs of this visit."""
        proven = party.record is not None and party.record.good > 0
        return Standing(self.voter(party.network), proven, self._votes(party, now))

    def reported(
        self, by: Party, about: Party, reason: ReportReason, *, lasted_s: float, credit: Credit, now: float
    ) -> bool:
        """Counts a report of a chat that has ended, and takes its credit back. Returns whether the report counts."""
        if by.network == about.network:
            return False
        vote = self.vote(by, lasted_s=lasted_s, now=now)
        return self.voted(vote, about, reason, credit=credit, now=now)

    def vote(self, by: Party, *, lasted_s: float, now: float) -> Vote:
        """Counts that this visit reports, and returns what its report weighs."""
        visit, key = self._own(by, now)
        visit.given += 1
        key.given += self._unit(now)
        key.reported_at = now
        weight = 0.0 if lasted_s < COUNTS_S else self._weight(by, now)
        return Vote(self.voter(by.network), weight, self._votes(by, now))

    def voted(self, vote: Vote, about: Party, reason: ReportReason, *, credit: Credit, now: float) -> bool:
        """Counts a report on its subject, and takes the chat's credit back. Returns whether the report counts."""
        self._take_back(about, credit)
        if not vote.weight:
            return False
        counts = False
        for record, whose in self._judged(about, now):
            record.reported_at = now
            if record.votes_of(vote.voter, now) < vote.votes:
                counts = True
                if record.vote(vote.voter, reason, vote.weight, now):
                    self._paused(record.reason, whose)
                    if whose == "visit" and record.level == 1:
                        self._judge_crowd(about.key, reason, now)
        return counts

    def pause_of(self, party: Party, now: float) -> Pause | None:
        """Why this visit may not search now, and in which modes it may. A key's pause spares a proven visit."""
        visit, key = party.record, self._keys.get(party.key)
        if key is None and visit is None:
            return None
        stands: list[tuple[Record, Whose]] = [(visit, "visit")] if visit is not None and now < visit.until else []
        if key is not None and now < key.until and not (visit is not None and visit.good):
            stands.append((key, "address"))
        if not stands:
            return None
        last, whose = max(stands, key=lambda stand: stand[0].until)
        return Pause(
            retry_after_s=max(1, ceil((last.until - now) / ROUND_S - ALMOST)) * ROUND_S,
            reason=last.reason if whose == "visit" else "mixed",  # nobody learns what a housemate was reported for
            open=TEXT_OPEN if all(record.open for record, _ in stands) else NONE_OPEN,
            whose=whose,
        )

    def left(self, key: bytes) -> None:
        """Drops the record of a key without visits, unless somebody there reported or was reported."""
        record = self._keys.get(key)
        if record is not None and record.reported_at == NEVER and not self.present(key):
            del self._keys[key]

    def sweep(self, now: float) -> None:
        """Looks at the next SWEPT keys, and forgets what is old."""
        for key in list(islice(self._keys, SWEPT)):
            record = self._keys[key]
            is_old = not record.lasts(now)
            if is_old and not self.present(key):
                del self._keys[key]
                continue
            self._keys.move_to_end(key)
            if is_old:
                record.forgive()
                record.reported_at = NEVER

    def forgive(self) -> None:
        """Lifts the pauses of all address keys."""
        for record in self._keys.values():
            record.forgive()

    def clear(self) -> None:
        """Forgets all address keys: the secret that made them has changed."""
        self._keys.clear()

    def _unit(self, now: float) -> float:
        """What one more adds to the counts of a key. It doubles every HALF_LIFE_S: so the older count for less
        (forward decay, Cormode et al. 2009).
        """
        return exp2(min((now - self._since) / HALF_LIFE_S, HALVINGS_MAX))

    def _of(self, key: bytes, now: float) -> Record:
        record = self._keys.get(key)
        if record is None:
            record = Record()
            if not self._keys:
                self._since = now
            if len(self._keys) < KEYS_MAX or self._evict(now):
                self._keys[key] = record
            else:
                self.refused += 1
        return record

    def _evict(self, now: float) -> bool:
        """Drops a key without a score. An attacker may fill the table, so it looks at 16, and next time at others."""
        for key in list(islice(self._keys, 16)):
            record = self._keys[key]
            if not record.score and now >= record.until and not self.present(key):
                del self._keys[key]
                return True
            self._keys.move_to_end(key)
        return False

    def _own(self, party: Party, now: float) -> tuple[Record, Record]:
        """The records of a present visit and of its key."""
        visit = party.record = party.record or Record()
        return visit, self._of(party.key, now)

    def _count_chat(self, party: Party, now: float) -> None:
        visit, key = self._own(party, now)
        unit = self._unit(now)
        visit.chats += 1
        key.chats += unit
        if visit.chats == SEASONED:
            key.visits += unit

    def _credit(self, by: Standing, about: Party, lasted_s: float, now: float) -> Credit:
        # While a pause stands, nothing is proved: else a chat in text would open the video that it has closed.
        proved = lasted_s >= PROVES_S and about.record is not None and self.pause_of(about, now) is None
        lowered = {"visit": 0.0, "address": 0.0}
        if by.proven:
            for record, whose in self._judged(about, now):
                if record.votes_of(by.voter, now) < by.votes:
                    lowered[whose] = record.lower()
        if about.record is not None:
            about.record.good += proved
        return Credit(lowered["visit"], lowered["address"], proved)

    def _take_back(self, about: Party, credit: Credit) -> None:
        if about.record is not None:
            about.record.score += credit.visit
            about.record.good -= credit.proved
        if (key := self._keys.get(about.key)) is not None:
            key.score += credit.address

    def _judged(self, about: Party, now: float) -> Iterator[tuple[Record, Whose]]:
        """The records that a report about this visit counts on: its own, and that of its key if few share it."""
        if about.record is not None:
            yield about.record, "visit"
        if self.present(about.key) <= FEW:
            yield self._of(about.key, now), "address"

    def _judge_crowd(self, key: bytes, reason: ReportReason, now: float) -> None:
        """Counts a visit that was paused for the first time; if many of a crowd's were, its key is paused."""
        record = self._of(key, now)
        unit = self._unit(now)
        record.bad += unit
        record.reported_at = now
        if self.present(key) > FEW and record.bad >= max(CROWD_BAD * unit, CROWD_SHARE * record.visits):
            record.pause([reason], now)
            record.bad = record.visits = 0.0
            self._paused(record.reason, "address")

    def _weight(self, by: Party, now: float) -> float:
        """What a report of this visit weighs, 0 to 1. The reported do not report."""
        visit, key = self._own(by, now)
        if self.pause_of(by, now) is not None or visit.score > LIMIT / 2:
            return 0.0
        share = visit.given / (visit.chats + SEASONED)
        if self._seasoned(by.key, now) <= FEW_REPORTERS:
            share = max(share, key.given / (key.chats + SEASONED * self._unit(now)))
        return min(1.0, USUAL / share)

    def _votes(self, by: Party, now: float) -> int:
        """How many votes a reporter's network has on one target in VOTE_S."""
        if by.network != by.key:
            return 1  # an IPv6 /48, which a single customer can hold
        crowd = self._seasoned(by.key, now)
        return 1 if crowd <= FEW else min(CROWD_VOTES, 1 + ceil(log(crowd, 8)))

    def _seasoned(self, key: bytes, now: float) -> float:
        """How many visits of a key have had SEASONED chats: idle tabs are no crowd of reporters."""
        record = self._keys.get(key)
        return 0.0 if record is None else min(self.present(key), record.visits / self._unit(now))
