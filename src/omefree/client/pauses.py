"""Why the server lets a visitor not search, read from what any version of it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from omefree.contract.codes import Mode, PauseReason, Whose
from omefree.contract.events import Pause

PAUSE_MAX_S = 86_400.0  # used instead if a server tells a longer one; ours are of two hours at most
REASONS: tuple[PauseReason, ...] = get_args(PauseReason)
MODES: tuple[Mode, ...] = get_args(Mode)
WHOSE: tuple[Whose, ...] = get_args(Whose)


def known_pause(
    code: str, retry_after_s: float | None, reason: str | None, modes: Sequence[str] | None, whose: str | None
) -> Pause | None:
    """The Pause that a refusal tells, if its code is `paused`. A reason that only a later version knows is `mixed`."""
    if code != "paused":
        return None
    return Pause(
        retry_after_s=None if retry_after_s is None else min(max(retry_after_s, 0.0), PAUSE_MAX_S),
        reason=next((each for each in REASONS if each == reason), "mixed"),
        open=tuple(each for each in MODES if each in (modes or ())),
        whose=next((each for each in WHOSE if each == whose), "visit"),
    )
