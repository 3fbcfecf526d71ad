"""How long to wait before the next attempt to connect."""

FIRST_S = 0.5
LONGEST_S = 10.0
SPREAD = 0.5  # after a restart of the server, not all clients must come back at once


def retry_delay_s(attempt: int, random: float, retry_after_s: float) -> float:
    """How many seconds to wait before attempt number `attempt` (from 0). `random` is in [0, 1).
    It is never sooner than the server asked with `retry_after_s`.
    """
    base = min(FIRST_S * float(2 ** min(attempt, 10)), LONGEST_S)
    return retry_after_s + base * (1 - SPREAD + 2 * SPREAD * random)
