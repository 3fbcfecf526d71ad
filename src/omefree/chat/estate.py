"""A visitor as what one node tells another (contract/moving.py), and back. Times become ages, and times again."""

from __future__ import annotations

from msgspec.structs import astuple

from omefree.chat.halves import Evidence, Half, LastChat
from omefree.chat.remote import RemotePartner, Stranger
from omefree.chat.visitor import VisitorRecord
from omefree.contract.events import Seal
from omefree.contract.moving import Chatting, Estate, Other, Recorded, Reportable, Searching, Talked
from omefree.exchange.acquaintances import Ties
from omefree.guard.quota import Bucket
from omefree.guard.record import NO_CREDIT, Credit, Record, Standing
from omefree.matching.ticket import Ticket

# --- to another node -----------------------------------------------------------------------------------------------


def told(
    visitor: VisitorRecord,
    asked: bytes,
    now: float,
    ties: Ties,
    chatting: Chatting | None,
    talked: Talked | None,
    reportable: list[Reportable],
) -> Estate:
    """All that is held of a visitor who has shown the token `asked`."""
    record = visitor.record
    return Estate(
        token=asked,
        tokens=visitor.tokens,
        visitor=visitor.id,
        searching=_searching(visitor, now),
        chatting=chatting,
        talked=talked,
        reportable=reportable,
        met=ties.met,
        reported=ties.reported,
        known=ties.known,
        buckets={name: (bucket.tokens, now - bucket.stamp) for name, bucket in visitor.buckets.items()},
        refusals=[now - at for at in visitor.refusals.times],
        record=Recorded(*astuple(record.moved(-now))) if record is not None else None,
        life=visitor.life,
    )


def _searching(visitor: VisitorRecord, now: float) -> Searching | None:
    ticket, seal = visitor.ticket, visitor.seal
    if ticket is None:
        return None
    return Searching(
        ticket.mode,
        ticket.interests,
        sorted(ticket.languages),
        ticket.patience_s,
        now - ticket.since,
        ticket.hide,
        (seal.v, seal.commit) if seal is not None else None,
    )


def other(visitor: str, home: str, standing: Standing, life: int = 0) -> Other:
    """The partner of a chat. `life`: needed as long as that goes on."""
    return Other(visitor, home, standing.proven, standing.votes, standing.voter, life)


def chatting(half: Half, partner: Other, heir: tuple[list[bytes], bytes], now: float, *, here: bool) -> Chatting:
    """A half that goes on elsewhere. `here`: the partner is connected to its home."""
    age = now - half.began_at
    return Chatting(half.id, half.polite, half.mode, half.relay_only, half.frame, age, partner, here, heir)


def talked(last: LastChat, partner: Other, now: float, *, asks: bool) -> Talked:
    """A half that is over. `asks`: the partner asks for another chat."""
    return Talked(
        last.id, last.polite, last.mode, last.relay_only, now - last.ended_at, last.reason, last.again, last.reported,
        partner, asks, last.evidence.lasted_s if last.evidence is not None else None,
    )  # fmt: skip


def reportable(half: tuple[str, bool], age: float, partner: Stranger, credit: Credit) -> Reportable:
    """A half that is over since `age` seconds and that its partner may report."""
    return Reportable(*half, age, partner.id, partner.home, credit.visit, credit.address, credit.proved)


# --- from another node ---------------------------------------------------------------------------------------------


def taken(estate: Estate, now: float) -> VisitorRecord:
    """The visitor of an estate, still without its chats."""
    visitor = VisitorRecord(estate.visitor)
    visitor.token = estate.tokens[0] if estate.tokens else estate.token
    visitor.token_before = estate.tokens[1] if len(estate.tokens) > 1 else None
    visitor.life = estate.life
    for name, (tokens, age) in estate.buckets.items():
        bucket = visitor.buckets[name] = Bucket()
        bucket.tokens, bucket.stamp = tokens, now - age
    visitor.refusals.times = tuple(now - age for age in estate.refusals)
    if estate.record is not None:
        visitor.record = Record(*astuple(estate.record)).moved(now)
    search = estate.searching
    if search is not None:
        ticket = Ticket(
            visitor=visitor.id,
            mode=search.mode,
            interests=search.interests,
            languages=frozenset(search.languages),
            patience_s=search.patience,
            since=now - search.age,
            hide=search.hide,
            seal=search.seal[0] if search.seal is not None else None,
        )
        visitor.search(ticket, Seal(*search.seal) if search.seal is not None else None)
    return visitor


def halves(told: Estate) -> list[tuple[str, bool]]:
    """All halves of chats in an estate, each as its chat and its role."""
    chats = (told.chatting, told.talked, *told.reportable)
    return [(each.chat, each.role) for each in chats if each is not None]


def half_of(told: Chatting, partner: RemotePartner, now: float) -> Half:
    """The half of a chat that goes on here."""
    return Half(told.chat, told.role, told.mode, told.relay_only, told.frame, partner, now - told.age)


def last_of(told: Talked, partner: RemotePartner, now: float) -> LastChat:
    """The half of a chat that is over."""
    evidence = Evidence(told.lasted, NO_CREDIT, b"", b"", partner) if told.lasted is not None else None
    return LastChat(
        told.chat, told.role, partner.ref(), told.mode, told.relay_only, now - told.age, told.reason, evidence,
        told.again, told.reported,
    )  # fmt: skip


def standing_of(other: Other) -> Standing:
    """How a partner stands with the records of its own node."""
    return Standing(other.voter, other.proven, other.votes)


def credit_of(told: Reportable) -> Credit:
    """What the partner of this half gave to its visitor."""
    return Credit(told.visit, told.address, told.proved)
