"""`omefree audit` as a command: what it prints, and its exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial

from omefree.audit import outside
from omefree.audit.report import Table, server_json
from omefree.errors import ConnectError, StartError
from omefree.http.language import say
from omefree.terminal.command import explained
from omefree.terminal.words import Words, choose_lang


def of_server(url: str, as_json: bool, lang: str | None, browser: bool) -> int:
    """Raises StartError: there is no server of ours."""
    chosen = choose_lang(lang, os.environ)
    try:
        report = asyncio.run(outside.audit(url, outside.Options(browser=browser)))
    except ConnectError as error:
        raise StartError(explained(error, url, Words(chosen))) from None
    show(server_json(report) if as_json else table(lang).of_server(report))
    return report.exit_code


def of_process(pid: int, as_json: bool, lang: str | None) -> int:
    """Raises StartError."""
    raise StartError("not yet")


def table(lang: str | None) -> Table:
    chosen = choose_lang(lang, os.environ)
    return Table(partial(say, lang=chosen), colours=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def show(text: str) -> None:
    """On a terminal that knows fewer characters, too."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
