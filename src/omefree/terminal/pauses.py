"""A pause in words: why, until when, what stays open, who shares it, and whom to write to."""

from __future__ import annotations

from omefree.contract.events import Pause
from omefree.terminal.model import Note, note, warning

ALONE = ("frozen", "blocked")  # the operator's doing: nobody has reported anybody


def pause_notes(pause: Pause | None, until: str, host: str) -> tuple[Note, ...]:
    """The lines for a pause, or for its end. `until`: the time of day when it ends; empty if waiting does not help."""
    if pause is None:
        return (note("pause.over"),)
    told = [warning(f"pause.{pause.reason}")]
    if until:
        told.append(note("pause.until.video" if "text" in pause.open else "pause.until", until=until))
    if "text" in pause.open:
        told.append(note("pause.open"))
    if pause.whose == "address" and pause.reason not in ALONE:
        told.append(note("pause.address"))
    return (*told, note("pause.contact", host=host))
