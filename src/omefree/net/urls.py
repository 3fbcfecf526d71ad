"""The URLs of STUN and TURN servers, as browsers read them (RFC 7064, RFC 7065)."""

import re
from typing import Literal, NamedTuple, TypeAlias, cast

Transport: TypeAlias = Literal["udp", "tcp"]

ICE_URL = re.compile(
    r"(?P<scheme>stun|turns?):(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:\?transport=(?P<transport>udp|tcp))?"
)
PORT, TLS_PORT = 3478, 5349  # RFC 8656, section 18 (IANA)
PORT_MAX = 65_535


class IceUrl(NamedTuple):
    """Where a STUN or TURN server is. `host` has no brackets; `secure`: over TLS, or over DTLS if by UDP."""

    turn: bool
    secure: bool
    host: str
    port: int
    transport: Transport

    @property
    def place(self) -> str:
        """Transport, host and port for people: `UDP 3478 of turn.example`."""
        way = "TLS" if self.secure else self.transport.upper()
        return f"{way} {self.port} of {self.host}"


def read_ice_url(url: str) -> IceUrl | None:
    """The parts of a `stun:`, `turn:` or `turns:` URL; None if it is none."""
    found = ICE_URL.fullmatch(url)
    if found is None or int(found["port"] or 1) not in range(1, PORT_MAX + 1):
        return None
    secure = found["scheme"] == "turns"
    transport = found["transport"] or ("tcp" if secure else "udp")
    port = int(found["port"] or (TLS_PORT if secure else PORT))
    return IceUrl(found["scheme"] != "stun", secure, found["host"].strip("[]"), port, cast(Transport, transport))
