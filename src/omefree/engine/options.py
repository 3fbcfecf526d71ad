"""The settings that an application gives to the engine."""

from collections.abc import Callable

from msgspec import Struct

# Called with the time (s) at each request of a polling session. Returns 0, or how many seconds to wait.
PollLimit = Callable[[float], float]


class EngineOptions(Struct, frozen=True, kw_only=True):
    """The settings of one engine. Where Socket.IO has a default, ours is the same."""

    root_path: str = ""  # below which a proxy serves us; it is taken out of a request if the proxy leaves it there
    path: str = "/socket.io/"
    ping_interval_s: float = 25.0
    ping_timeout_s: float = 20.0
    upgrade_timeout_s: float = 10.0  # from a probing WebSocket to its upgrade packet
    connect_timeout_s: float = 45.0  # from the handshake to the first namespace
    close_timeout_s: float = 3.0  # from our close frame until we cut: a peer that does not read cannot stay
    body_timeout_s: float = 10.0  # for the body of a POST
    max_payload_bytes: int = 1_000_000
    send_queue_bytes: int = 262_144  # what the peer has not yet taken; above it the session is closed as slow
    binary: bool = True  # binary messages, events and acknowledgements
    node: str = ""  # a tag in front of each sid: it tells a proxy where a session lives
    answer_headers: tuple[tuple[bytes, bytes], ...] = ()  # of all answers that no ASGI application gives
    poll_limit: Callable[[], PollLimit] | None = None  # makes the limit of each polling session
