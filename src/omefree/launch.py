"""The program `omefree`. It imports next to nothing: the server is another program in its place, which imports again.

The first step is for what must be there before an interpreter starts: an allocator that overwrites freed memory, and
compiled modules, because the server itself writes no file.
"""

import contextlib
import importlib
import os
import signal
import sys
from importlib.util import cache_from_source
from pathlib import Path

from omefree.process import overwriting
from omefree.process.outlet import STDERR, Outlet

STANDARD = (0, 1, STDERR)
OF_GROUP = {"--help", "--version"}
IMPORTED = ("omefree.cli", "omefree.server", "pydantic.type_adapter")  # typer imports the last when a command runs


def main() -> None:
    """Runs the program. It always ends by SystemExit, or by a signal."""
    open_missing()
    args = with_command(sys.argv[1:])
    if args[0] == "serve":
        heed_signals()
        if overwriting.can_start():
            compile_once()
            overwriting.start()
        sys.stderr = Outlet(STDERR)  # it has what print and logging need
    from omefree import cli

    sys.exit(cli.run(args))


def open_missing() -> None:
    """Opens /dev/null as standard input, output or error if one is closed: else a socket would get its number."""
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number: this one


def heed_signals() -> None:
    """Lets SIGTERM and SIGINT end a server that is only starting, and SIGHUP do nothing: it has read nothing yet.

    Without a handler, process 1 of a container does not hear SIGTERM at all (pid_namespaces(7)). signals.py has the
    later ones.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in overwriting.ENDING:
        signal.signal(number, lambda *_: os._exit(0))  # nothing is open yet
    signal.pthread_sigmask(signal.SIG_UNBLOCK, overwriting.ENDING)  # blocked by the program before


def with_command(args: list[str]) -> list[str]:
    """The arguments, with `serve` in front if they name no command: `omefree --port 9000` serves."""
    if not args or (args[0].startswith("-") and args[0] not in OF_GROUP):
        return ["serve", *args]
    return args


def compile_once() -> None:
    """Has Python compile and keep what the server imports, if no installer did: uv leaves that out.

    It takes seconds, and would at every start. Where nothing can be written beside the code, it does.
    """
    compiled = Path(cache_from_source(str(Path(__file__).with_name("server.py"))))
    folder = compiled.parent if compiled.parent.exists() else compiled.parent.parent
    if compiled.exists() or sys.dont_write_bytecode or not os.access(folder, os.W_OK):
        return
    for module in IMPORTED:
        with contextlib.suppress(ImportError):  # whatever is wrong, the server says it better
            importlib.import_module(module)
