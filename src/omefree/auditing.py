"""`omefree audit` as a command: the text that it prints, and its exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from omefree.audit import outside, process
from omefree.audit.check import Check
from omefree.audit.report import Table, process_json, server_json
from omefree.errors import ConnectError, StartError
from omefree.printing import Printout, coloured, printable
from omefree.terminal.command import explained, words_for
from omefree.words.catalogue import catalogue


def of_server(url: str, as_json: bool, lang: str | None, browser: bool) -> Printout:
    """Audits a server from outside, by its URL. Raises StartError if no OmeFree server answers there."""
    try:
        report = asyncio.run(outside.audit(url, outside.Options(browser=browser)))
    except ConnectError as error:
        raise StartError(explained(error, url, words_for(lang))) from None
    return Printout(
        printable(server_json(report, catalogue()) if as_json else table(lang).of_server(report)), report.exit_code
    )


def of_process(pid: int, url: str | None, as_json: bool, lang: str | None) -> Printout:
    """Audits a process of this machine. `url` says where it serves, if its own socket does not say so."""
    checks = asyncio.run(process.audit_process(pid, url))
    text = process_json(pid, checks, catalogue()) if as_json else table(lang).of_process(pid, checks)
    return Printout(printable(text), process_exit_code(checks))


def process_exit_code(checks: Sequence[Check]) -> int:
    """The exit code, as AuditReport's: 0; 1 if a check has failed; 2 if nothing could be checked."""
    results = {check.result for check in checks}
    return 1 if "failed" in results else 2 if results == {"not checked"} else 0


def table(lang: str | None) -> Table:
    """The writer of the report's table. `lang` None: the terminal's language."""
    return Table(words_for(lang), colours=coloured())
