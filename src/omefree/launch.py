"""The program `omefree`. It imports next to nothing: the server is another process in its place, which imports again.

The first step is for what must be there before an interpreter starts: an allocator that overwrites freed memory, and
compiled modules, because the server itself writes no file.
"""

import importlib
import os
import sys
from importlib.util import cache_from_source
from pathlib import Path

from omefree import overwriting

OF_GROUP = {"--help", "--version"}


def main() -> None:
    """Runs the program. It always ends by SystemExit."""
    args = with_command(sys.argv[1:])
    if args[0] == "serve" and overwriting.can_start():
        compile_once()
        overwriting.start()
    from omefree import cli

    sys.exit(cli.run(args))


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
    for module in ("omefree.cli", "omefree.server"):
        importlib.import_module(module)
