"""`omefree serve`: from its arguments to the server.

Its flags are read here without typer, which takes a fifth of a start. Arguments that are not known flags with their
values are left to typer (cli.py): it has the help, and the words for a mistake.
"""

import os
from typing import Any

from omefree.config import AUTO, Config
from omefree.errors import OmefreeError
from omefree.printing import failed, say, tell
from omefree.process import hardening
from omefree.settings import FILE_SUFFIX, SETTINGS, load, service_links

FLAGS = {"--config": "config"}
FLAGS |= {setting.flag: setting.name for setting in SETTINGS.values()}
FLAGS |= {f"{setting.flag}-file": setting.name + FILE_SUFFIX for setting in SETTINGS.values() if setting.secret}
LISTS = {setting.name for setting in SETTINGS.values() if setting.many}
CHECK = "--check-config"
WORKER = "OMEFREE_WORKER"  # workers/brief.py


def read_flags(args: list[str]) -> dict[str, Any] | None:
    """What the flags give, by the names that typer gives them; None if there is more to say about the arguments."""
    given: dict[str, Any] = {}
    rest = iter(args)
    for arg in rest:
        flag, joined, value = arg.partition("=")
        if arg == CHECK:
            given["check_config"] = True
            continue
        if not joined:
            value = next(rest, "-")
        if flag not in FLAGS or value.startswith("-"):
            return None
        name = FLAGS[flag]
        given[name] = [*given.get(name, []), value] if name in LISTS else value
    return given


def run(given: dict[str, Any]) -> int:
    """Does what `serve` does, and returns the exit code: what is wrong is a line on stderr."""
    try:
        return serve(given)
    except OmefreeError as error:
        return failed(str(error))


def serve(given: dict[str, Any]) -> int:
    """Serves the page and the chat, or checks the settings that are given. The exit code. Raises StartError."""
    config_file, check_config = given.pop("config", None), given.pop("check_config", False)
    environ = dict(os.environ)  # secrets included: workers need them as this process did
    worker = None
    if WORKER in environ:
        from omefree.workers import worker as workers  # imported here, as most servers have none

        try:
            worker = workers.take(os.environ)
        except EOFError:  # the supervisor has gone meanwhile
            return 0
    config = load({name: value for name, value in given.items() if value}, os.environ, config_file)
    secrets = (getattr(config, setting.name) for setting in SETTINGS.values() if setting.secret)
    hardening.forget_secrets(secret for secret in secrets if secret != AUTO)
    from omefree.http import static  # imported here: with wrong settings there is nothing to serve

    if not check_config or config.static_dir is not None:
        static.folder_of(config.static_dir)  # before anything listens or logs
    if check_config:
        tell(checked(config))
        return 0
    from omefree import logs

    logs.setup(config.log_level, config.log_format)
    if worker is None and config.workers > 1:
        from omefree.workers import supervisor

        return supervisor.run(config, environ)
    environ.clear()
    from omefree import server

    if links := service_links(os.environ):
        logs.log.info("service_links_ignored", variables=len(links))
    server.run(config, worker)
    return 0


def checked(config: Config) -> str:
    """What `--check-config` says of settings that can be used. Prints each warning. Raises ConfigError."""
    from omefree import preflight

    warnings = preflight.warnings(config, os.environ)
    for warning in warnings:
        say(f"warning: {warning}")
    return "The settings can be used, but see the warnings." if warnings else "The settings are good."
