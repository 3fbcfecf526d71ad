"""A pair of visitors that are to talk, and the facts of their chat that both sides must agree on."""

import secrets

from msgspec import Struct

from omefree.matching.ticket import Pair, Ticket

CHAT_ID_BYTES = 12  # 96 bits: nobody can guess a way into a chat (protocol.md, rule 1)


class Introduction(Struct, frozen=True):
    """A pair, the id of its chat, and which of the two visitors is the polite peer (perfect negotiation)."""

    chat: str
    polite: str
    pair: Pair

    def tickets(self, visitor: str) -> tuple[Ticket, Ticket]:
        """The visitor's own ticket, and its partner's."""
        a, b = self.pair.a, self.pair.b
        return (a, b) if a.visitor == visitor else (b, a)


def introduce(pair: Pair) -> Introduction:
    """Gives a pair a random chat id, and makes one of the two the polite peer by chance."""
    polite = pair.a if secrets.randbits(1) else pair.b
    return Introduction(new_chat(), polite.visitor, pair)


def new_chat() -> str:
    """A random chat id."""
    return secrets.token_urlsafe(CHAT_ID_BYTES)
