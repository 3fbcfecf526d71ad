"""The program `omefree`. It imports next to nothing: the server is another program in its place, which imports again.

The first step is for what must be there before an interpreter starts: an allocator that overwrites freed memory, and
compiled modules, because the server itself writes no file.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
from importlib.util import find_spec

from omefree.process import overwriting

STANDARD = (0, 1, 2)
OF_GROUP = {"--help", "--version"}
IMPORTED = ("omefree.serving", "omefree.server")


def main() -> None:
    """Runs the program. It always ends by SystemExit, or by a signal."""
    open_missing()
    args = with_command(sys.argv[1:])
    if args[0] == "serve":
        heed_signals()
        if overwriting.can_start():
            compile_once()
            overwriting.start()
        spare_work()
        from omefree.process.outlet import STDERR, Outlet

        sys.stderr = Outlet(STDERR)  # it has what print and logging need
    sys.exit(run(args))


def run(args: list[str]) -> int:
    """Runs the command that the arguments name, and returns the exit code. `serve` does without typer if it can."""
    from omefree import printing

    printing.watch_output()
    if args[0] == "serve":
        from omefree import serving

        given = serving.read_flags(args[1:])
        if given is not None:
            return serving.run(given)
    from omefree import cli

    return cli.run(args)


def spare_work() -> None:
    """Leaves out work that a start would wait for, and that nobody needs: together a sixth of it."""
    gc.disable()  # it finds next to nothing while modules are loaded; the server enables it (server.py)
    # As if it were not installed (docs.python.org, sys.modules): structlog would import it for tracebacks on a screen.
    sys.modules["rich"] = None  # type: ignore[assignment]


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
    compiled = module.cached if (module := find_spec(IMPORTED[-1])) else None
    if compiled is None or os.access(compiled, os.F_OK) or sys.dont_write_bytecode:
        return
    from pathlib import Path  # imported here, as few starts come so far

    folder = Path(compiled).parent
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        return
    for name in IMPORTED:
        with contextlib.suppress(ImportError):  # whatever is wrong, the server says it better
            importlib.import_module(name)
