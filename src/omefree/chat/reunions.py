"""Reunions: two visitors who both ask for each other after their chat are paired once more."""

from __future__ import annotations

from collections.abc import Mapping

from omefree.chat.frames import event_frame, failed
from omefree.chat.halves import Elsewhere, LastChat
from omefree.chat.pairing import Pairing
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import limits
from omefree.errors import EventError, PausedError
from omefree.exchange.interface import Exchange
from omefree.matching.ticket import Ticket


class Reunions:
    """Handles `again`. The `last` of each visitor notes that it has asked."""

    def __init__(
        self,
        clock: Clock,
        visitors: Mapping[str, VisitorRecord],
        exchange: Exchange,
        pairing: Pairing,
        safety: Safety,
    ) -> None:
        self._clock = clock
        self._visitors = visitors
        self._exchange = exchange
        self._pairing = pairing
        self._safety = safety

    def check(self, visitor: VisitorRecord, chat: str) -> LastChat:
        """The last chat, if the visitor may ask for its partner again. Raises EventError `chat_over` if the visitor is
        in a chat, or if `chat` is not its last one or ended too long ago. It also raises that if the partner has left
        or was reported.
        """
        last = visitor.last_chat(chat, limits.AGAIN_WINDOW_S, self._clock.time())
        if visitor.half is not None or last.reported or not (self._visitor(last) or self._elsewhere(last)):
            raise EventError("chat_over")
        return last

    def ask(self, visitor: VisitorRecord, last: LastChat) -> None:
        """Notes that the visitor asks for its last partner. If the partner has asked as well, their chat begins."""
        last.again = True
        self.reunite(visitor)

    def take_back(self, visitor: VisitorRecord) -> None:
        """Notes that the visitor no longer asks for its last partner."""
        last = visitor.last
        if last is not None and last.again:
            last.again = False
            if (elsewhere := self._elsewhere(last)) is not None:
                elsewhere.ask(False)

    def reunite(self, visitor: VisitorRecord) -> None:
        """Begins a chat of two who have both asked in time, are both connected, and are in no other chat."""
        last = visitor.last
        elsewhere = self._elsewhere(last) if last is not None else None
        if last is not None and elsewhere is not None:
            self._reunite_across(visitor, last, elsewhere)
            return
        partner = self._visitor(last) if last is not None else None
        if last is None or partner is None or not (self._asks(visitor, last.id) and self._asks(partner, last.id)):
            return
        paused = [asker for asker in (visitor, partner) if not self._may(asker, last)]  # perhaps both: each is told
        if paused:
            return
        for asker in (visitor, partner):
            self._pairing.withdraw(asker)
        one, two = (Ticket(visitor=asker.id, mode=last.mode, hide=last.relay_only) for asker in (visitor, partner))
        self._pairing.begin(visitor, partner, self._exchange.reunite(one, two))

    def answer(self, visitor: VisitorRecord) -> None:
        """The last partner, of another process, asks for this visitor: if it asks as well, a chat is proposed."""
        last = visitor.last
        elsewhere = self._elsewhere(last) if last is not None else None
        if last is not None and elsewhere is not None and self.ready(visitor, last.id) is not None:
            elsewhere.propose()

    def ready(self, visitor: VisitorRecord, chat: str) -> Ticket | None:
        """What the visitor enters a new chat with, after the chat `chat` with a partner of another process. None unless
        it asks for that partner and may begin at once.
        """
        last = visitor.last
        if last is None or not self._asks(visitor, chat) or not self._may(visitor, last):
            return None
        return Ticket(visitor=visitor.id, mode=last.mode, hide=last.relay_only)

    def _reunite_across(self, visitor: VisitorRecord, last: LastChat, partner: Elsewhere) -> None:
        if self.ready(visitor, last.id) is not None:
            partner.ask(True)
            if partner.asks:
                partner.propose()

    def _visitor(self, last: LastChat) -> VisitorRecord | None:
        """The partner of that chat, if it is a visitor of this process that has not left."""
        partner = last.partner()
        return None if partner is None else self._visitors.get(partner.id)

    def _elsewhere(self, last: LastChat) -> Elsewhere | None:
        """The partner of that chat, if it is a visitor of another process that has not left."""
        partner = last.partner()
        return None if partner is None else partner.elsewhere

    def _may(self, asker: VisitorRecord, last: LastChat) -> bool:
        """Whether the asker may chat in this mode. If it was paused since it asked, it no longer asks and is told."""
        pause = self._safety.pause_for(asker, last.mode)
        if pause is not None:
            self.take_back(asker)
            asker.send(event_frame(failed("again", last.id, PausedError(pause))))
        return pause is None

    def _asks(self, visitor: VisitorRecord, chat: str) -> bool:
        last = visitor.last
        if last is None or visitor.socket is None or visitor.half is not None:
            return False
        in_time = self._clock.time() - last.ended_at <= limits.AGAIN_WINDOW_S
        return last.id == chat and last.again and not last.reported and in_time
