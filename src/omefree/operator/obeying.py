"""The server's side of the operator's commands: it obeys the control file, and answers at the desk beside it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from omefree.chat.operator import is_under
from omefree.chat.presence import Presence
from omefree.engine.engine import Engine
from omefree.engine.session import CloseReason
from omefree.errors import CloseCode, ControlError
from omefree.guard.control import Blocked, Orders, network
from omefree.guard.counters import DAY_S, all_shown, few
from omefree.http.gate import HttpGate
from omefree.logs import log
from omefree.operator import desk
from omefree.operator.file import Watch

READ_EVERY_S = 2.0

AskAll: TypeAlias = Callable[[bytes], Awaitable[list[bytes]]]
"""What all other workers of this machine answer to a question, each with `Operating.tell`."""


class Operating:
    """Reads the control file and does what has changed in it. It keeps the last good orders."""

    __slots__ = ("_ask", "_engine", "_gate", "_orders", "_presence", "_watch")

    def __init__(
        self, path: str, gate: HttpGate, engine: Engine, presence: Presence, ask: AskAll | None = None
    ) -> None:
        self._ask = ask
        self._watch = Watch(path)
        self._orders = Orders()
        self._gate = gate
        self._engine = engine
        self._presence = presence

    def read(self) -> None:
        """Looks at the file. If it cannot be obeyed, a line of the log says why, and all stays as it was."""
        try:
            orders = self._watch.look()
        except ControlError as error:
            is_new = error.reason == "missing" and self._orders == Orders()  # nothing has been ordered yet
            (log.info if is_new else log.warning)("control_kept", reason=error.reason)
            return
        if orders is not None and orders != self._orders:
            before, self._orders = self._orders, orders
            self._obey(before, orders)
            log.info("control_obeyed", state=orders.state)

    def reload(self) -> None:
        """Reads the file even if it has not changed, so that the log says again what is wrong with it."""
        self._watch.forget()
        self.read()

    async def answer(self, question: desk.Question) -> desk.Answer:
        """Answers one of the operator's commands, for all workers. Raises ControlError for a prefix that is none."""
        own = self.sums(question)
        others = await self._ask(desk.encode(question)) if self._ask is not None else []
        return told(question, self._today(), [own, *map(desk.decode_sums, others)])

    def tell(self, question: bytes) -> bytes:
        """What another worker of this machine needs of this one to answer a question."""
        return desk.encode(self.sums(desk.decode_question(question)))

    def sums(self, question: desk.Question) -> desk.Sums:
        """What there is in this process. Raises ControlError for a prefix that is none."""
        under = None
        if isinstance(question, desk.AskUnder) and (keys := self._gate.keys_under([network(question.prefix)])):
            under = sum(is_under(session.admission, keys) for session in self._engine.sessions.values())
        halves = sum(visitor.half is not None for visitor in self._presence.visitors.values())
        counters = self._presence.safety.counters.today()
        return desk.Sums(counters, len(self._engine.sessions), halves, under)

    def _today(self) -> str:
        return str(datetime.fromtimestamp(self._presence.safety.counters.day * DAY_S, UTC).date())

    def _obey(self, before: Orders, orders: Orders) -> None:
        operator = self._presence.operator
        if orders.blocked != before.blocked:
            self._gate.block(Blocked(orders.blocked))
            self._shut_out(set(orders.blocked) - set(before.blocked))
        operator.set_state(orders.state)
        if orders.forgiven != before.forgiven:
            operator.forgive()

    def _shut_out(self, prefixes: set[str]) -> None:
        keys = self._gate.keys_under(map(network, prefixes))
        self._presence.operator.shut_out(keys)
        for session in list(self._engine.sessions.values()):  # those without a visitor: they have not joined yet
            if is_under(session.admission, keys):
                session.close(CloseReason.SERVER, CloseCode.POLICY)


def told(question: desk.Question, day: str, each: Sequence[desk.Sums]) -> desk.Answer:
    """The answer that these sums of all workers make together."""
    match question:
        case desk.AskSafety():
            counters = sum((Counter(sums.counters) for sums in each), Counter[str]())
            return desk.Safety(day, all_shown(counters))
        case desk.AskPresent():
            return desk.Present(few(sum(one.sessions for one in each)), few(sum(one.halves for one in each) // 2))
        case desk.AskUnder():
            under = [one.under for one in each if one.under is not None]
            return desk.Present(few(sum(under)) if under else None)
