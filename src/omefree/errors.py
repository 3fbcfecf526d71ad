"""Every exception of OmeFree.

OmefreeError
|-- StartError             the server cannot start: one line for the operator, exit code 2
|   |-- ConfigError        a setting is unknown, unreadable or out of range
|   `-- OrderError         an order of the operator's cannot be given, or no server answers
|-- OutputError            standard output cannot be written: one line for people, exit code 2
|-- CertificateError       the certificate cannot be served, by `reason`: the last good one stays
|-- ControlError           the control file cannot be obeyed, by `reason`: the last good orders stay
|-- EngineError            the Valkey that connects the nodes cannot be used, by `fault`
|   `-- NoRespError        a server of another kind answers there
|-- ProtocolError          the peer broke Engine.IO, Socket.IO or WebSocket: its connection is closed
|-- RequestRefused         an Engine.IO request is answered with an HTTP error
|-- NamespaceRefused       a Socket.IO namespace does not let a client in
|-- EventError             a visitor's event was refused: the reply has a stable `code`
|   |-- CriteriaError      one criterion of a `find` was refused, named by `field`
|   `-- PausedError        the visitor is paused: it may not search, or not in this mode
|-- IllegalMove            a visitor's state has no such move (chat/states.py)
|-- SealError              what came is not what the seal allows: the chat ends (docs/blind-relay.md)
|   `-- FingerprintError   a description does not have exactly one fingerprint
|-- TooLong                a content is too long ever to be sent, by `over_bytes`
|-- NotChecked             a check of the audit cannot be made, and does not count as passed
|-- TurnRefused            a TURN server refuses what was asked, by `code` (RFC 8656)
|-- MissingPackage         `omefree simulate` needs a package that is not installed
|-- UnknownPairingPolicy   `omefree simulate` knows no policy of that name
|-- UnknownScenario        `omefree simulate abuse` knows no scenario of that name
|-- StepFailed             a step of a visit of `omefree load` failed, by `code`
`-- ClientError            the errors of omefree.client, for the program that uses it
    |-- ConnectError       no OmeFree server can be used there: one line for people, with a stable `reason`
    |-- Refused            the server refused what was asked
    |-- NoChat             there is no chat to do that in
    `-- Closed             the visitor has left, or the server speaks another version by now
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from omefree.contract.codes import Code
    from omefree.contract.events import Pause
    from omefree.words.text import Text


class OmefreeError(Exception):
    """The root of the tree: OmeFree raises nothing else on purpose."""


class StartError(OmefreeError):
    """The server or a command cannot start. The message is one line for the operator."""


class ConfigError(StartError):
    """A setting is wrong. The message names it."""


class OrderError(StartError):
    """An order of the operator's cannot be given. The message says why, and what to do."""


class OutputError(OmefreeError):
    """What a command prints cannot be written. The message says why."""


ControlReason: TypeAlias = Literal[
    "missing",
    "unreadable",
    "not_a_file",
    "too_big",
    "incomplete",
    "not_text",
    "not_toml",
    "unknown_key",
    "bad_state",
    "bad_prefix",
    "bad_forgiven",
]
CONTROL_REASONS: tuple[ControlReason, ...] = get_args(ControlReason)


class ControlError(OmefreeError):
    """A control file, or a part of it, cannot be obeyed. `reason` holds nothing of what the file says."""

    def __init__(self, reason: ControlReason) -> None:
        super().__init__(reason)
        self.reason: ControlReason = reason


CertificateReason: TypeAlias = Literal[
    "unreadable_certificate",
    "unreadable_key",
    "no_certificate",
    "no_key",
    "encrypted_key",
    "wrong_key",
    "wrong_order",
    "weak",
    "damaged",
]
CERTIFICATE_REASONS: tuple[CertificateReason, ...] = get_args(CertificateReason)


class CertificateError(OmefreeError):
    """A certificate cannot be served. The message is a line for the operator; a log has the `reason` alone."""

    def __init__(self, reason: CertificateReason, message: str) -> None:
        super().__init__(message)
        self.reason: CertificateReason = reason


EngineFault: TypeAlias = Literal[
    "unreachable",
    "certificate",
    "own_certificate",
    "password",
    "sentinel_password",
    "old",
    "no_rights",
    "read_only",
    "full",
    "loading",
    "in_cluster",
    "no_cluster",
    "no_service",
    "engine",
    "taken",
    "secret",
    "version",
]


class EngineError(OmefreeError):
    """The engine that connects the nodes, or the registry in it, refuses. `detail` is a version, a name or a code."""

    def __init__(self, fault: EngineFault, detail: str = "") -> None:
        super().__init__(fault)
        self.fault: EngineFault = fault
        self.detail = detail


class NoRespError(EngineError):
    """What answers there does not speak RESP, the protocol of Valkey and Redis."""

    def __init__(self, *_: str) -> None:
        super().__init__("engine", "no RESP")


class CloseCode:
    """Why a WebSocket is closed (RFC 6455, section 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    BAD_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011


class ProtocolError(OmefreeError):
    """The peer broke the protocol. `close_code` is the CloseCode that its connection is closed with."""

    def __init__(self, message: str, close_code: int = CloseCode.PROTOCOL_ERROR) -> None:
        super().__init__(message)
        self.close_code = close_code


class RequestRefused(OmefreeError):
    """An Engine.IO request is answered with the HTTP status `status`.

    `kind` is the official server's number for this error, `code` is ours, `message` is a sentence for people.
    """

    def __init__(self, kind: int, status: int, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(code)
        self.kind = kind
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class NamespaceRefused(OmefreeError):
    """A namespace refuses a CONNECT. The client reads the message and, beside it, `data`."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.data = data


class EventError(OmefreeError):
    """A visitor's event is refused, with a code of the contract. `retry_after_s` is set if waiting helps."""

    def __init__(self, code: Code, *, retry_after_s: float | None = None, field: str | None = None) -> None:
        super().__init__(code)
        self.code: Code = code
        self.retry_after_s = retry_after_s
        self.field = field


class CriteriaError(EventError):
    """A criterion of a `find` is not valid. `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__("bad_criteria", field=field)


class PausedError(EventError):
    """The visitor may not search for a while, or not in this mode. `pause` says why, until when, and what is open."""

    def __init__(self, pause: Pause) -> None:
        super().__init__("paused", retry_after_s=pause.retry_after_s)
        self.pause = pause


class IllegalMove(OmefreeError):
    """A visitor's state does not have this move. From the wire: answered `chat_over`. Otherwise it is a bug."""

    def __init__(self, state: str, move: str) -> None:
        super().__init__(f"{move} while {state}")


class SealError(OmefreeError):
    """A frame, hello or sealed body is broken or not from the partner. The message holds nothing of what came."""


class FingerprintError(SealError):
    """A session description does not have exactly one SHA-256 fingerprint, or has another than before."""


class TooLong(OmefreeError):
    """A content does not fit into one event: it has `over_bytes` UTF-8 bytes too many."""

    def __init__(self, over_bytes: int) -> None:
        super().__init__(f"{over_bytes} bytes too long")
        self.over_bytes = over_bytes


class NotChecked(OmefreeError):
    """A check of the audit cannot be made. `reason` is told in the reader's language.

    `broken`: the server gave no answer, or none that can be read. Otherwise something is missing on this machine.
    """

    def __init__(self, reason: Text, *, broken: bool) -> None:
        super().__init__(reason.key)
        self.reason = reason
        self.broken = broken


class TurnRefused(OmefreeError):
    """A TURN server answered with an error; `code` is its number (RFC 8656, section 19; RFC 8489, section 14.8)."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class MissingPackage(OmefreeError):
    """`omefree simulate` needs an optional package that is not installed."""


class UnknownPairingPolicy(OmefreeError):
    """`omefree simulate` has no pairing policy of this name."""


class UnknownScenario(OmefreeError):
    """`omefree simulate abuse` has no scenario of this name."""


class StepFailed(OmefreeError):
    """A step of a visit of `omefree load` failed. `code` is the server's, the seal's, or one of load/visit.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ClientError(OmefreeError):
    """The root of the errors that `omefree.client` raises."""


ConnectReason: TypeAlias = Literal[
    "address",
    "name",
    "refused",
    "unreachable",
    "silent",
    "certificate",
    "tls",
    "stranger",
    "version",
    "busy",
]


class ConnectError(ClientError):
    """No connection was made. The message is a line for people, in English; a program goes by `reason`.

    `code` and `retry_after_s` are the server's, if one answered: `full`, `rate_limited`, `draining`, `version`...
    `speaks` are the protocol versions that it speaks. `detail` is what the message adds, such as what is wrong with a
    certificate. `pause` says why, if the code is `paused`.
    """

    def __init__(
        self,
        reason: ConnectReason,
        message: str,
        *,
        detail: str = "",
        code: Code | None = None,
        retry_after_s: float | None = None,
        speaks: tuple[int, ...] = (),
        pause: Pause | None = None,
    ) -> None:
        super().__init__(message)
        self.pause = pause
        self.reason: ConnectReason = reason
        self.detail = detail
        self.code = code
        self.retry_after_s = retry_after_s
        self.speaks = speaks


class Refused(ClientError):
    """The server refused what was asked. `field` names the criterion if `code` is `bad_criteria`.

    `pause` says why, for how long and what stays open if `code` is `paused`: do not ask again before that.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        retry_after_s: float | None = None,
        field: str | None = None,
        pause: Pause | None = None,
    ) -> None:
        super().__init__(message)
        self.pause = pause
        self.code: Code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.field = field


class NoChat(ClientError):
    """There is no chat, or it is over."""

    def __init__(self) -> None:
        super().__init__("there is no chat")


class Closed(ClientError):
    """The visitor has left, or cannot come back: the server speaks another version by now."""

    def __init__(self) -> None:
        super().__init__("the visitor has left")
