"""Every exception of OmeFree.

OmefreeError
|-- StartError             the server cannot start: one line for the operator, exit code 2
|   `-- ConfigError        a setting is unknown, unreadable or out of range
|-- ProtocolError          the peer broke Engine.IO, Socket.IO or WebSocket: its connection is closed
|-- RequestRefused         an Engine.IO request is answered with an HTTP error
|-- NamespaceRefused       a Socket.IO namespace does not let a client in
|-- EventError             the visitor's event was refused: answered with a stable `code`
|   `-- CriteriaError      ... because of one criterion, named by `field`
|-- IllegalMove            a visitor's state has no such move (chat/states.py)
|-- SealError              what came is not what the sealing allows: the chat ends (docs/blind-relay.md)
|   `-- FingerprintError   ... a description without exactly one fingerprint
|-- TooLong                a content can never be sent, by `over_bytes`
|-- NotChecked             a check of the audit cannot be made, and is not taken for passed
|-- MissingPackage         `omefree simulate` needs a package that is not installed
|-- UnknownPairingPolicy          `omefree simulate` knows no policy of that name
`-- ClientError            what a program that uses omefree.client may hear of
    |-- ConnectError       no server of ours there: one line for people, with a stable `reason`
    |-- Refused            the server refused what was asked
    |-- NoChat             there is no chat to do that in
    `-- Closed             the visitor has left, or the server speaks another version by now
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from omefree.contract.codes import Code
    from omefree.words.text import Text


class OmefreeError(Exception):
    """The root: nothing else is raised on purpose."""


class StartError(OmefreeError):
    """The server cannot start; the message is a line for its operator."""


class ConfigError(StartError):
    """A setting is wrong; the message names it."""


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
    """The peer broke the protocol. `close_code`: a CloseCode."""

    def __init__(self, message: str, close_code: int = CloseCode.PROTOCOL_ERROR) -> None:
        super().__init__(message)
        self.close_code = close_code


class RequestRefused(OmefreeError):
    """An Engine.IO request is answered with an HTTP `status`. `kind` is the number that the official server gives to
    this error, `code` is ours, `message` a sentence for people.
    """

    def __init__(self, kind: int, status: int, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(code)
        self.kind = kind
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class NamespaceRefused(OmefreeError):
    """A namespace refuses a CONNECT. `data` is what the client reads beside the message."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.data = data


class EventError(OmefreeError):
    """An event is refused. `code` is the wire's; `retry_after_s` is how long to wait, if waiting helps."""

    def __init__(self, code: Code, *, retry_after_s: float | None = None, field: str | None = None) -> None:
        super().__init__(code)
        self.code: Code = code
        self.retry_after_s = retry_after_s
        self.field = field


class CriteriaError(EventError):
    """A criterion of `find` is not valid."""

    def __init__(self, field: str) -> None:
        super().__init__("bad_criteria", field=field)


class IllegalMove(OmefreeError):
    """Nothing can happen so in this state: `chat_over` if it came from the wire, else a bug."""

    def __init__(self, state: str, move: str) -> None:
        super().__init__(f"{move} while {state}")


class SealError(OmefreeError):
    """A frame, hello or sealed body is broken, or not from the partner. The message holds nothing of what came."""


class FingerprintError(SealError):
    """A session description does not carry exactly one SHA-256 fingerprint, or another than before."""


class TooLong(OmefreeError):
    """A content does not fit into one event; `over_bytes` says by how many UTF-8 bytes."""

    def __init__(self, over_bytes: int) -> None:
        super().__init__(f"{over_bytes} bytes too long")
        self.over_bytes = over_bytes


class NotChecked(OmefreeError):
    """A check of the audit cannot be made, for a `reason` that is told in the reader's language. `broken`: the server
    gave no answer, or none that can be read; else something is missing here.
    """

    def __init__(self, reason: Text, *, broken: bool) -> None:
        super().__init__(reason.key)
        self.reason = reason
        self.broken = broken


class MissingPackage(OmefreeError):
    """The optional package is not installed."""


class UnknownPairingPolicy(OmefreeError):
    """No policy has that name."""


class ClientError(OmefreeError):
    """The root of what `omefree.client` raises of its own."""


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
    """No connection. The message is a line for people, in English; `reason` is for a program that says it otherwise.

    `code` and `retry_after_s` are the server's, if one answered: `full`, `rate_limited`, `draining`, `version`...
    `speaks` are the versions that it does speak. `detail`: what the message adds, such as the certificate's fault.
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
    ) -> None:
        super().__init__(message)
        self.reason: ConnectReason = reason
        self.detail = detail
        self.code = code
        self.retry_after_s = retry_after_s
        self.speaks = speaks


class Refused(ClientError):
    """The server's answer to what was asked. `field` names the criterion that `bad_criteria` is about."""

    def __init__(self, code: Code, message: str, retry_after_s: float | None = None, field: str | None = None) -> None:
        super().__init__(message)
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
