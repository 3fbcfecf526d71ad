"""The STUN and TURN servers that a browser is told to use."""

import base64
import hmac
from collections.abc import Sequence

from omefree.contract.events import IceServer
from omefree.contract.limits import TURN_LIFE_S

SECRET_CHARS = 32  # of a good secret: every visitor gets a password made with it, and could try short ones at home


def stun_servers(host: str, port: int) -> list[IceServer]:
    """Our own STUN server, for `ice_servers` (RFC 7064); empty if `port` is 0."""
    shown = f"[{host}]" if ":" in host else host
    return [IceServer([f"stun:{shown}:{port}"])] if port else []


def turn_servers(
    urls: Sequence[str], secret: str, now_wall_s: float, name: str, life_s: int = TURN_LIFE_S
) -> list[IceServer]:
    """The TURN servers with fresh credentials; empty without `urls`. `name` is random, so that it tells nothing."""
    if not urls:
        return []
    username, credential = credentials(secret, now_wall_s, life_s, name)
    return [IceServer(list(urls), username, credential)]


def credentials(secret: str, now_wall_s: float, life_s: int, name: str) -> tuple[str, str]:
    """Username and credential that coturn's `use-auth-secret` accepts until `now_wall_s + life_s` (seconds, Unix time).

    Source: draft-uberti-behave-turn-rest-00, section 2.2. SHA-1 is the draft's choice; as an HMAC it is unbroken.
    """
    username = f"{int(now_wall_s) + life_s}:{name}"
    digest = hmac.new(secret.encode(), username.encode(), "sha1").digest()
    return username, base64.b64encode(digest).decode()
