"""A ticket on its way from its home to the leader: moments become ages, spellings stay at home."""

from omefree.contract.nodes import Join
from omefree.matching.ticket import NEVER, Ticket


def pool_of(ticket: Ticket) -> str:
    """Returns the pool in which a ticket waits: its mode. (The lobby itself tells the seals apart.)"""
    return ticket.mode


def join_of(ticket: Ticket, n: int, epoch: int, now: float) -> Join:
    """Returns what a home says of a ticket, of which this is the number `n`."""
    return Join(
        pool=pool_of(ticket),
        epoch=epoch,
        visitor=ticket.visitor,
        n=n,
        keys=list(ticket.interests),
        languages=sorted(ticket.languages),
        patience=ticket.patience_s,
        age=now - ticket.since,
        hide=ticket.hide,
        seal=ticket.seal,
        apart=[(other, None if until == NEVER else until - now) for other, until in ticket.apart],
    )


def ticket_of(join: Join, now: float) -> Ticket:
    """Returns the ticket for the leader's lobby. Its interests are their own spelling."""
    return Ticket(
        visitor=join.visitor,
        mode="video" if join.pool == "video" else "text",
        interests={key: key for key in join.keys},
        languages=frozenset(join.languages),
        patience_s=join.patience,
        since=now - join.age,
        hide=join.hide,
        seal=join.seal,
        apart=tuple((other, NEVER if left is None else now + left) for other, left in join.apart),
    )
