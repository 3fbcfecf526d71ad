"""Sizes, counts and rates of the protocol, each with its unit and its source (protocol.md)."""

from typing import Literal, TypeAlias

from msgspec import Struct

MAX_PAYLOAD_BYTES = 65_536  # of one packet; a larger one closes the connection (1009, HTTP 413)
SIGNAL_BYTES = 49_152  # a sealed session description of a video call is 3-8 KB, twice that with every codec
MESSAGE_BYTES = 16_384  # a sealed text of 4,000 characters in four-byte letters, as base64url, with its envelope

INTERESTS = 10
INTEREST_CHARS = 32  # code points, after normalisation
INTEREST_CHARS_RAW = 128  # code points, before normalisation, which can shorten a text
LANGUAGES = 5
PATIENCE_MAX_S = 60
PATIENCE_DEFAULT_S = 5

PING_INTERVAL_S = 10.0  # with the timeout: a vanished visitor is noticed in at most 18 s (Socket.IO's default: 45)
PING_TIMEOUT_S = 8.0
RESUME_WINDOW_S = 15.0  # the default outside a chat: enough for a Wi-Fi change or a lift
RESUME_WINDOW_CHAT_S = 120.0  # the default in a chat: a locked phone, a tunnel; as long as `again` can be asked
RESUME_WINDOW_MAX_S = 600.0  # longer, nobody waits for a stranger, and a place stays taken
REPORT_WINDOW_S = 60.0  # how long after its end a chat can still be reported
AGAIN_WINDOW_S = 120.0  # how long the last partner can be asked for again
PAUSE_MAX_S = 7200.0  # the longest pause after reports (guard/record.py)
ONLINE_EVERY_S = 5.0  # how often the counter is sent, at most
TURN_LIFE_S = 600  # how long TURN credentials are valid

REFUSALS_BEFORE_CLOSE = 20  # `rate_limited` answers within the window below
REFUSALS_WINDOW_S = 10.0

QuotaName: TypeAlias = Literal["message", "signal", "typing", "find", "report", "ice", "again", "malformed", "poll"]


class Quota(Struct, frozen=True):
    """A token bucket: it gains `rate_s` tokens a second, up to `burst`."""

    rate_s: float
    burst: float


QUOTAS: dict[QuotaName, Quota] = {
    "message": Quota(10, 40),
    "signal": Quota(50, 300),
    "typing": Quota(5, 10),
    "find": Quota(1, 10),
    "report": Quota(0.1, 3),
    "ice": Quota(0.1, 3),
    "again": Quota(0.1, 3),
    "malformed": Quota(0.1, 10),
    "poll": Quota(20, 40),
}
REPORTS_OF_KEY = Quota(0.1, 3)  # for each address key, whoever there sends them
REPORTS_SHARE = 4  # sessions of an address key that share that rate: a crowd gets it once for each four
ICE_OUTSIDE_A_CHAT = Quota(3 / 3600, 3)  # enough for a connection test: TURN costs bandwidth
NEW_CONNECTIONS = Quota(10, 50)  # for each address key (IPv4 /32, IPv6 /64)
# For each address key, at once. A carrier puts some 500 people behind one IPv4 address: 64 would refuse 436 of them. An
# IPv6 /64 is one household; whoever has a /48 has 65,536 of these, and so that is counted, too.
CONNECTIONS_PER_IPV4 = 512
CONNECTIONS_PER_64 = 64
CONNECTIONS_PER_48 = 512
