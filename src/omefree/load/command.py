"""`omefree load` as a command: progress on stderr, the text that it prints, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import typer
import uvloop
from msgspec import Struct

from omefree.drawing import needs_matplotlib
from omefree.errors import ConnectError, StartError
from omefree.load import report
from omefree.load.results import Results
from omefree.load.run import LoadTest
from omefree.load.schedule import Plan
from omefree.load.target import aim
from omefree.load.usage import Usage, allow_files

CONNECTIONS_OF_POLLING = 2
MS = 1000  # the bar counts milliseconds
INTERRUPTED = 130  # 128 + SIGINT, as shells count


class Options(Struct, frozen=True, kw_only=True):
    """`pid`: the server's process on this machine. `is_mine`: somebody says so of a server elsewhere."""

    pid: int | None = None
    is_mine: bool = False
    as_json: bool = False
    picture: Path | None = None


class Printout(NamedTuple):
    """The text to print, the picture (SVG) if one is wanted, and the exit code.

    It is 0; 1 if a step failed; 130 if the test was interrupted.
    """

    text: str
    picture: str | None
    exit_code: int


def run(url: str, plan: Plan, options: Options) -> Printout:
    """Tests a server. Raises StartError if there is none, if it is another machine's, or if something is missing."""
    drawn = artist() if options.picture is not None else None  # what is missing is said before the work
    if options.picture is not None:
        see_that_it_can_be_written(options.picture)
    usage = Usage(options.pid) if options.pid is not None else None
    allow_files(int(plan.visitors * (1 + plan.polling * (CONNECTIONS_OF_POLLING - 1))) + 1)
    try:
        results = uvloop.run(tested(url, plan, usage, options.is_mine))
    except ConnectError as error:
        raise StartError(str(error)) from None
    text = report.as_json(results) if options.as_json else report.told(results)
    return Printout(text, drawn(results) if drawn is not None else None, exit_code(results))


async def tested(url: str, plan: Plan, usage: Usage | None, is_mine: bool) -> Results:
    """The results of a test. Raises ConnectError, StartError."""
    target = await aim(url, is_mine)
    results = Results(url, plan)
    test = LoadTest(target, plan, results, usage)
    await test.try_one()
    with typer.progressbar(length=round(plan.total_s * MS), label="Loading", file=sys.stderr) as bar:
        await test.run(lambda seconds: bar.update(round(seconds * MS)))
    return results


def exit_code(results: Results) -> int:
    """The exit code of what was measured."""
    if results.end == "interrupted":
        return INTERRUPTED
    return int(bool(results.errors) or results.end == "gone")


def artist() -> Callable[[Results], str]:
    """The function that draws the picture, with matplotlib. Raises MissingPackage."""
    with needs_matplotlib():
        from omefree.load.picture import drawn
    return drawn


def see_that_it_can_be_written(path: Path) -> None:
    """Raises StartError before the work if the file cannot be written after it."""
    with needs_writing(path):
        was_there = path.exists()
        path.open("ab").close()
        if not was_there:
            path.unlink()


def write(path: Path, picture: str) -> None:
    """Writes the picture. Raises StartError."""
    with needs_writing(path):
        path.write_text(picture)


@contextmanager
def needs_writing(path: Path) -> Iterator[None]:
    """Surrounds what writes a file. Raises StartError."""
    try:
        yield
    except OSError as error:
        raise StartError(f"{path} cannot be written: {(error.strerror or 'no reason given').lower()}") from None
