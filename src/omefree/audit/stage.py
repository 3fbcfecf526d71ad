"""The probes that the audit sends, and where they meet. Never more than four are there at once."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from typing import NamedTuple, TypeVar

from omefree.audit.check import broken, missing
from omefree.audit.probe import Probe, Stranger
from omefree.audit.web import ANSWER_S
from omefree.client.address import Address
from omefree.contract import events
from omefree.errors import ConnectError, NotChecked

BUSY_TRIES = 5
BUSY_WAIT_MAX_S = 5.0  # longest wait that a server may ask for; its window for new connections is 5 s at most

P = TypeVar("P", bound=Probe)


class ProbePair(NamedTuple):
    """Two strangers in one chat. `chat` is its id."""

    a: Stranger
    b: Stranger
    chat: str


class Stage:
    """All probes that the audit sends. `all` keeps even those that have left, for what they heard."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None, answer_s: float = ANSWER_S) -> None:
        self.all: list[Probe] = []
        self._address = address
        self._tls = tls
        self._answer_s = answer_s
        self._pair: ProbePair | NotChecked | None = None

    async def probe(self, token: str | None = None) -> Probe:
        """A new visitor that seals nothing. `token` resumes a visitor. Raises ConnectError, NotChecked."""
        return await self._come(Probe, token)

    async def stranger(self) -> Stranger:
        """A new visitor that seals, as the page does. Raises ConnectError, NotChecked."""
        return await self._come(Stranger, None)

    async def _come(self, kind: type[P], token: str | None) -> P:
        for _ in range(BUSY_TRIES):
            probe = kind(self._answer_s)
            try:
                await probe.open(self._address, self._tls, token)
            except ConnectError as error:
                await probe.leave()
                if error.reason != "busy" or (error.retry_after_s or 0) > BUSY_WAIT_MAX_S:
                    raise
                await asyncio.sleep(error.retry_after_s or 1.0)
            except BaseException:
                await probe.leave()
                raise
            else:
                self.all.append(probe)
                return probe
        raise missing("busy")

    async def close(self) -> None:
        """Lets all of them leave."""
        self._pair = None
        await asyncio.gather(*(probe.leave() for probe in self.all))

    async def pair(self) -> ProbePair:
        """The two that several checks look at: they have met, and have tried to seal. Raises NotChecked."""
        if self._pair is None:
            try:
                self._pair = await self._new_pair()
            except NotChecked as error:
                self._pair = error
        if isinstance(self._pair, NotChecked):
            raise self._pair
        return self._pair

    async def _new_pair(self) -> ProbePair:
        a, b = await self.stranger(), await self.stranger()
        chat = await meet(a, b)
        await a.sealed()
        await b.sealed()
        return ProbePair(a, b, chat)

    async def sealed_pair(self) -> ProbePair:
        """The same two, if their seal has held. Raises NotChecked if it has not."""
        pair = await self.pair()
        if pair.a.fault or pair.b.fault:
            raise missing("no_sealed_pair")
        return pair


async def meet(a: Probe, b: Probe) -> str:
    """Lets the two meet, by an interest that nobody else has, and returns the chat's id. Raises NotChecked."""
    topic = new_topic()
    await look(a, topic)
    await look(b, topic)
    ours, theirs = await a.hears(events.Matched), await b.hears(events.Matched)
    if ours.args.chat != theirs.args.chat:
        raise broken("met_somebody_else")
    return ours.args.chat


async def look(probe: Probe, topic: str) -> None:
    """Searches for a partner with that interest, and takes no other however long it takes. Raises NotChecked."""
    seal = probe.seal if isinstance(probe, Stranger) else None
    said = await probe.ask(events.Find(events.Criteria("text", [topic], patience_s=None, seal=seal)))
    if not said.ok:
        raise broken("no_search", code=said.code)


def new_topic() -> str:
    """A random interest, which nobody else has."""
    return secrets.token_hex(12)
