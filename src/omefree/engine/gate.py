"""The rule that decides what is served: one for both transports, asked before every request and upgrade."""

from typing import Protocol

from msgspec import Struct

UNIX_PEER = "unix"  # the peer of a UNIX socket: a program on this machine, which the file's rights let in


class Head(Struct, frozen=True):
    """A request's head, as far as a gate needs it. `peer` is the socket's address, or UNIX_PEER; None if it is gone."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]  # names in lower case
    peer: str | None
    tls: bool

    def get(self, name: bytes) -> bytes | None:
        """A header's value, None if it is missing. Repeated values are joined (RFC 9110, section 5.3)."""
        values = [value for key, value in self.headers if key == name]
        return b", ".join(values) if values else None


class Denial(Struct, frozen=True):
    """Why a request is not served: an HTTP status, a stable code, a sentence for people."""

    status: int
    code: str
    message: str
    retry_after_s: float | None = None


class Admission(Struct, frozen=True):
    """All that stays of a request once its session is open. The address is not part of it."""

    key: bytes  # stands for the address: its sessions are counted under it
    host: str  # the host name by which the client reached us
    network: bytes  # stands for the wider network that the address lies in; the same as `key` if there is none
    blocked: bool = False  # the operator has blocked the address: no namespace lets the session in
    spare: bool = False  # the places are taken, some by visitors who are away: this may be one of them


class Gate(Protocol):
    """Origin rule, address keys and connection caps. The application writes it, both transports call it."""

    def check(self, head: Head) -> Denial | None:
        """None if this page may use the server, else why not. Asked for every request, also preflight and upgrade."""

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        """The headers that let a cross-origin page read the answer, if `check` allows it; empty for the others."""

    def is_proxy(self, peer: str | None) -> bool:
        """Whether a connection from this peer (Head.peer) is a reverse proxy's, which keeps it for many visitors."""

    def enter(self, head: Head) -> Denial | Admission:
        """Counts a new session as connected until `exit`, or says why it may not open."""

    def exit(self, admission: Admission) -> None:
        """Stops counting a session that `enter` let in: it has ended."""


class OpenGate:
    """Allows everything: for tests and for applications that have no rule."""

    def check(self, head: Head) -> Denial | None:
        """None: every request is allowed."""
        return None

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        """Empty: no cross-origin page can read an answer."""
        return []

    def is_proxy(self, peer: str | None) -> bool:
        """False: every connection is a visitor's own."""
        return False

    def enter(self, head: Head) -> Denial | Admission:
        """Lets every session in, under one key for all of them."""
        return Admission(b"", "", b"")

    def exit(self, admission: Admission) -> None:
        return None
