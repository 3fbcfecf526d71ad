"""Names of hosts."""


def is_localhost(host: str) -> bool:
    """Whether a host name is `localhost` or lies under it: each machine's own (RFC 6761, section 6.3)."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")
