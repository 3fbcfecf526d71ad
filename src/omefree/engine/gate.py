"""Who may come in: one rule for both transports, asked before a request or an upgrade is served."""

from typing import Protocol

from msgspec import Struct


class Head(Struct, frozen=True):
    """A request's head, as far as a gate needs it. `peer` is the socket's address, or None (a UNIX socket)."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]  # names in lower case
    peer: str | None
    tls: bool

    def get(self, name: bytes) -> bytes | None:
        """The only value of a header; None if it is missing. Repeated values are joined as RFC 9110 5.3 says."""
        values = [value for key, value in self.headers if key == name]
        return b", ".join(values) if values else None


class Denial(Struct, frozen=True):
    """Why a request is not served: an HTTP status, the wire's code, a sentence for people."""

    status: int
    code: str
    message: str
    retry_after_s: float | None = None


class Admission(Struct, frozen=True):
    """What stays of a request once its session is open: never the address."""

    key: bytes  # of the address: what its sessions are counted under
    host: str  # by which name the client reached us


class Gate(Protocol):
    """Origin rule, address keys and connection caps. Written by the application, called by both transports."""

    def check(self, head: Head) -> Denial | None:
        """Every request, the preflight and the upgrade included: may this page speak to us?"""

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        """The headers that let a cross-origin page that `check` allows read the answer; empty for the others."""

    def enter(self, head: Head) -> Denial | Admission:
        """A new session, counted as connected until `exit`, or why not."""

    def exit(self, admission: Admission) -> None:
        """A session that `enter` let in has ended."""


class OpenGate:
    """Lets everybody in: for tests and for applications that have no rule."""

    def check(self, head: Head) -> Denial | None:
        return None

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        return []

    def enter(self, head: Head) -> Denial | Admission:
        return Admission(b"", "")

    def exit(self, admission: Admission) -> None:
        return None
