"""The server's side of the operator's commands: it obeys the control file, and answers at the desk beside it."""

from datetime import UTC, datetime

from omefree.chat.operator import is_under
from omefree.chat.presence import Presence
from omefree.engine.engine import Engine
from omefree.engine.session import CloseReason
from omefree.errors import CloseCode, ControlError
from omefree.guard.control import Blocked, Orders, network
from omefree.guard.counters import DAY_S, few
from omefree.http.gate import HttpGate
from omefree.logs import log
from omefree.operator import desk
from omefree.operator.file import Watch

READ_EVERY_S = 2.0


class Operating:
    """Reads the control file and does what has changed in it. It keeps the last good orders."""

    __slots__ = ("_engine", "_gate", "_orders", "_presence", "_watch")

    def __init__(self, path: str, gate: HttpGate, engine: Engine, presence: Presence) -> None:
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

    def answer(self, question: desk.Question) -> desk.Answer:
        """Answers one of the operator's commands. Raises ControlError for a prefix that is none."""
        match question:
            case desk.AskSafety():
                counters = self._presence.safety.counters
                day = datetime.fromtimestamp(counters.day * DAY_S, UTC).date()
                return desk.Safety(str(day), counters.shown())
            case desk.AskPresent():
                chats = sum(visitor.half is not None for visitor in self._presence.visitors.values()) // 2
                return desk.Present(few(len(self._engine.sessions)), few(chats))
            case desk.AskUnder(prefix):
                keys = self._gate.keys_under([network(prefix)])
                count = sum(is_under(session.admission, keys) for session in self._engine.sessions.values())
                return desk.Present(few(count) if keys else None)

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
