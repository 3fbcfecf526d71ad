"""Every exception of OmeFree.

OmefreeError
|-- StartError             the server cannot start: one line for the operator, exit code 2
|   `-- ConfigError        a setting is unknown, unreadable or out of range
|-- ProtocolError          the peer broke Engine.IO, Socket.IO or WebSocket: its connection is closed
|-- EventError             the visitor's event was refused: answered with a stable `code`
|   `-- CriteriaError      ... because of one criterion, named by `field`
|-- IllegalMove            a visitor's state has no such move (core/visitor.py)
|-- SealError              what came is not what the sealing allows: the chat ends (docs/blind-relay.md)
|   `-- FingerprintError   ... a description without exactly one fingerprint
`-- TooLong                a content can never be sent, by `over_bytes`
"""

from omefree.contract.codes import MESSAGES, Code


class OmefreeError(Exception):
    """The root: nothing else is raised on purpose."""


class StartError(OmefreeError):
    """The server cannot start; the message is a line for its operator."""


class ConfigError(StartError):
    """A setting is wrong; the message names it."""


class ProtocolError(OmefreeError):
    """The peer broke the protocol. `close_code` is RFC 6455's (section 7.4.1)."""

    def __init__(self, message: str, close_code: int = 1002) -> None:
        super().__init__(message)
        self.close_code = close_code


class EventError(OmefreeError):
    """An event is refused. `code` is the wire's; `retry_after_s` is how long to wait, if waiting helps."""

    def __init__(self, code: Code, *, retry_after_s: float | None = None, field: str | None = None) -> None:
        super().__init__(MESSAGES[code])
        self.code: Code = code
        self.retry_after_s = retry_after_s
        self.field = field


class CriteriaError(EventError):
    """A criterion of `find` is not valid."""

    def __init__(self, field: str) -> None:
        super().__init__("bad_criteria", field=field)


class IllegalMove(OmefreeError):
    """Nothing can happen so in this state: `chat_over` if it came from the wire, else a bug."""

    def __init__(self, state: str, happening: str) -> None:
        super().__init__(f"{happening} while {state}")


class SealError(OmefreeError):
    """A frame, hello or sealed body is broken, or not from the partner. The message holds nothing of what came."""


class FingerprintError(SealError):
    """A session description does not carry exactly one SHA-256 fingerprint, or another than before."""


class TooLong(OmefreeError):
    """A content does not fit into one event; `over_bytes` says by how many UTF-8 bytes."""

    def __init__(self, over_bytes: int) -> None:
        super().__init__(f"{over_bytes} bytes too long")
        self.over_bytes = over_bytes
