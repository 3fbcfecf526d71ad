"""`omefree doctor` as a command: the text that it prints, and its exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from omefree import __version__
from omefree.config import Config
from omefree.doctor import report
from omefree.doctor.examination import examine
from omefree.errors import ConnectError, StartError
from omefree.printing import Printout, coloured, printable
from omefree.settings import CONFIG_VARIABLE, NOT_SETTINGS, PREFIX, load


def doctor(
    url: str | None, config_file: str | None, environ: Mapping[str, str], pid: int | None, as_json: bool
) -> Printout:
    """Looks at the public name, at this machine, or at both. Raises StartError, ConfigError for wrong settings."""
    config = settings(url, config_file, environ)
    try:
        found = asyncio.run(examine(url, config, pid))
    except ConnectError as error:
        raise StartError(str(error)) from None
    title = f"omefree doctor {__version__}  {url or 'this machine'}"
    text = report.as_json(url, found) if as_json else report.table(title, found, coloured())
    return Printout(printable(text), report.exit_code(found))


def settings(url: str | None, config_file: str | None, environ: Mapping[str, str]) -> Config | None:
    """The settings of this machine's server; None if only a URL is given: its machine is another one."""
    given = [name for name in environ if name.startswith(PREFIX) and name not in NOT_SETTINGS - {CONFIG_VARIABLE}]
    return None if url and not (config_file or given) else load({}, environ, config_file)
