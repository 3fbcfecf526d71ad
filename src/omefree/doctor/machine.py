"""Rules: the machine and the server's process. PURE."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from omefree.doctor.finding import Finding, bad, good, unseen, warning
from omefree.net.turn import SECRET_CHARS
from omefree.privacy.policy import HostFacts

FREE_BYTES, FEW_BYTES = 1_000_000_000, 200_000_000  # journald itself keeps 15 % of a disk free
OPENSSL = (3, 0)  # older ones get no corrections any more
# The last year with corrections of security, until October: PEP 664, 693, 719, 745. A newer Python is not listed yet.
LAST_YEAR = {(3, 11): 2027, (3, 12): 2028, (3, 13): 2029, (3, 14): 2030}
OCTOBER = 10


class Key(Struct, frozen=True):
    """The file of the private key. `open`: others than its owner and group may read it."""

    path: str
    open: bool


class Disk(Struct, frozen=True):
    """Where the logs go, and how much room is left there."""

    path: str
    free_bytes: int


class MachineFacts(Struct, frozen=True, kw_only=True):
    """What this machine says. None: it could not be read.

    `files_needed` for all connections that the settings allow, `files` is the limit of the server's process.
    `unit`: the service of systemd that runs it; empty: a shell, a container or another does.
    `hardened`: what the server was allowed to do for its memory. `swap`: devices and files that are no memory.
    `dates`: what is wrong with those of the certificate in its file, if anything. `renewed`: another one is served.
    `month`: year and month of now.
    """

    files_needed: int
    files: int | None = None
    unit: str = ""
    hardened: HostFacts | None = None
    swap: tuple[str, ...] = ()
    synchronised: bool | None = None
    disk: Disk | None = None
    key: Key | None = None
    dates: str = ""
    renewed: bool | None = None
    secret_chars: int = 0
    python: tuple[int, int]
    openssl: tuple[int, int]
    month: tuple[int, int]


def findings(it: MachineFacts) -> list[Finding]:
    """Every finding about the machine."""
    found = [files(it), memory(it), core(it), time(it), logs(it), interpreter(it), openssl(it)]
    return [*found, *certificate(it), *secret(it)]


def exchange(at: str, wrong: str, warned: Sequence[str]) -> Finding:
    """Whether the engine between several servers does what they need. `wrong`, `warned`: what --check-config says."""
    if wrong:
        return bad("exchange", wrong, "systemctl start omefree-valkey; `journalctl -u omefree-valkey`; docs/scaling.md")
    if warned:
        return warning("exchange", "; ".join(warned), "docs/two-machines.md has the steps")
    return good("exchange", f"what is between the servers, {at}, answers and lets them do what they need")


def files(it: MachineFacts) -> Finding:
    """Whether there are enough open files for all visitors."""
    if it.files is None:
        return unseen("files", "no running server was found here", "start it; or say which with --pid, as root")
    if it.files < it.files_needed:
        return bad(
            "files",
            f"the server may open {it.files} files, and max_connections asks for {it.files_needed}",
            f"{more_files(it)}, or a lower max_connections",
        )
    return good("files", f"the server may open {it.files} files, and {it.files_needed} are enough")


def more_files(it: MachineFacts) -> str:
    """What raises the limit: only whoever starts the server can, and it raises its own as far as that allows."""
    if it.unit:
        return f"LimitNOFILE={it.files_needed} under [Service] of {it.unit}"
    return f"start it with more: --ulimit nofile={it.files_needed} for its container, ulimit -Hn as root in its shell"


def memory(it: MachineFacts) -> Finding:
    """Whether what visitors write can end on a disk, by swapping."""
    if it.hardened is None:
        return unseen("memory", "the server's own pages tell it, and they could not be read")
    if it.hardened.memory_locked:
        return good("memory", "the server's memory is locked: nothing of it is swapped to a disk")
    lock = "LimitMEMLOCK=infinity under [Service] of its unit"
    if it.swap:
        return bad("memory", f"the server's memory may be written to {', '.join(it.swap)}", f"{lock}, or `swapoff -a`")
    return good("memory", "the server's memory is not locked, and this machine has no swap")


def core(it: MachineFacts) -> Finding:
    """Whether a crash would write the memory to a disk."""
    if it.hardened is None:
        return unseen("core", "the server's own pages tell it, and they could not be read")
    if it.hardened.core_dumps_off and it.hardened.not_dumpable:
        return good("core", "a crash leaves no image of the memory")
    return bad("core", "a crash may leave an image of the memory", "LimitCORE=0 under [Service] of its unit, on Linux")


def time(it: MachineFacts) -> Finding:
    """Whether the system's clock is kept right."""
    if it.synchronised is None:
        return unseen("time", "this system does not say whether its clock is synchronised")
    if not it.synchronised:
        return warning("time", "nothing keeps this machine's clock right", "timedatectl set-ntp true")
    return good("time", "this machine's clock is synchronised")


def logs(it: MachineFacts) -> Finding:
    """Whether there is room for logs."""
    if it.disk is None:
        return unseen("logs", "no folder of logs was found")
    left = f"{it.disk.free_bytes / 1e6:.0f} MB are free for logs at {it.disk.path}"
    mend = "journalctl --vacuum-size=200M, or logrotate"
    if it.disk.free_bytes < FEW_BYTES:
        return bad("logs", left, mend)
    return warning("logs", left, mend) if it.disk.free_bytes < FREE_BYTES else good("logs", left)


def interpreter(it: MachineFacts) -> Finding:
    """Whether this Python still gets corrections."""
    name = f"Python {it.python[0]}.{it.python[1]}"
    if it.python in LAST_YEAR and it.month > (LAST_YEAR[it.python], OCTOBER):
        return warning("python", f"{name} gets no corrections any more", "pipx reinstall omefree --python python3.14")
    return good("python", name)


def openssl(it: MachineFacts) -> Finding:
    """Whether this OpenSSL still gets corrections."""
    name = f"OpenSSL {it.openssl[0]}.{it.openssl[1]}"
    if it.openssl < OPENSSL:
        return warning("openssl", f"{name} gets no corrections any more", "upgrade the system")
    return good("openssl", name)


def certificate(it: MachineFacts) -> Iterator[Finding]:
    """Yields the finding about certificate and key, if the server has its own."""
    if it.key is None:
        return
    if it.key.open:
        yield bad("key", f"every user of this machine can read {it.key.path}", f"chmod 640 {it.key.path}")
    elif it.renewed:
        yield bad(
            "key",
            "the file has another certificate than is served",
            "systemctl reload omefree; `journalctl -u omefree` says why it keeps the old one (certificate_kept)",
        )
    elif it.dates:
        yield warning("key", it.dates, "`certbot renew --dry-run` says why it is not renewed by itself")
    else:
        yield good("key", "the private key is not open to every user")


def secret(it: MachineFacts) -> Iterator[Finding]:
    """Yields the finding about TURN's secret, if there is one."""
    if not it.secret_chars:
        return
    if it.secret_chars < SECRET_CHARS:
        yield bad(
            "secret",
            f"turn_secret has {it.secret_chars} characters; every visitor can try such short ones at home",
            "name a new turn_secret_file, and `omefree deploy coturn` makes a good one",
        )
    else:
        yield good("secret", "TURN's secret is long")
