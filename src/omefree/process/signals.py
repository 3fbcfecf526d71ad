"""The signals that a server answers."""

import asyncio
import signal
from collections.abc import Callable

ANSWERED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """Hears signals on the running loop. Those that come before there is an answer wait for it."""

    def __init__(self) -> None:
        self._waiting: list[signal.Signals] = []
        self._answer: Callable[[signal.Signals], None] = self._waiting.append
        loop = asyncio.get_running_loop()
        for number in ANSWERED:
            loop.add_signal_handler(number, self._hear, number)

    def answer(self, how: Callable[[signal.Signals], None]) -> None:
        """Answers the signals that wait, and all that come from now on, by calling `how` with each."""
        self._answer = how
        for number in self._waiting:
            how(number)

    def _hear(self, number: signal.Signals) -> None:
        self._answer(number)
