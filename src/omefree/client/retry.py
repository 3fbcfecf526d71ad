"""When to try again."""

FIRST_S = 0.5
LONGEST_S = 10.0
SPREAD = 0.5  # a restarted server must not meet everybody at once


def retry_delay_s(attempt: int, random: float, retry_after_s: float) -> float:
    """How long to wait before attempt `attempt` (from 0); `random` is in [0, 1). Never sooner than the server asked."""
    base = min(FIRST_S * float(2 ** min(attempt, 10)), LONGEST_S)
    return retry_after_s + base * (1 - SPREAD + 2 * SPREAD * random)
