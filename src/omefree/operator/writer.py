"""How the operator's commands change the control file. No server uses this: it only reads (file.py).

The commands take turns by a lock on the folder, which ends with whoever holds it, and put a finished file in the place
of the old one: whoever is killed in the middle has changed nothing.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from omefree.errors import ControlError, OrderError
from omefree.guard.control import CONTROL_BYTES, Orders, parse, text
from omefree.operator.file import SENTENCES, read

MODE = 0o600  # a list of blocked addresses is nobody else's business
LOCK_TRIES, BETWEEN_TRIES_S = 100, 0.05


def change(path: str, how: Callable[[Orders], Orders]) -> tuple[Orders, Orders]:
    """Changes the orders in a control file, which is made if it is missing: those before, and those after.

    Raises OrderError if the file is not good, so that no order of it gets lost, or if it cannot be written.
    """
    try:
        target = Path(path).resolve()
        with locked(target.parent) as folder:
            before, is_there = current(target)
            after = how(before)
            if after != before or not is_there:
                replace(target, text(after).encode(), folder)
            return before, after
    except OSError as error:
        raise OrderError(f"cannot write the control file {path}: {error.strerror}") from None
    except RuntimeError:  # of Path.resolve, up to Python 3.12
        raise OrderError(f"cannot write the control file {path}: its links go in a circle") from None


def current(path: Path) -> tuple[Orders, bool]:
    """The orders in a control file, and whether there is one. Raises OrderError."""
    try:
        return parse(read(path)), True
    except ControlError as error:
        if error.reason == "missing":
            return Orders(), False
        raise OrderError(
            f"the control file {path} is not good, so nothing was changed: {SENTENCES[error.reason]}. "
            "Correct it, or move it away"
        ) from None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Holds a folder for one command at a time: its descriptor. Raises OSError, or OrderError after 5 s."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for _ in range(LOCK_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(BETWEEN_TRIES_S)
        else:
            raise OrderError(f"another program holds {folder}: try again")
        yield descriptor
    finally:
        os.close(descriptor)


def replace(path: Path, content: bytes, folder: int) -> None:
    """Puts a new file in the place of the old one, at once and for good. Raises OSError, OrderError if it is too big.

    Root's command leaves the file to whom it belonged, or else to the owner of the folder: the server has to read it.
    """
    if len(content) > CONTROL_BYTES:
        raise OrderError(f"the control file would be larger than {CONTROL_BYTES // 1024} KiB: block wider prefixes")
    owner = (path if path.exists() else path.parent).stat()
    made = path.with_name(f"{path.name}.new")
    made.unlink(missing_ok=True)  # left by a command that was killed
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    made.replace(path)
    os.fsync(folder)
