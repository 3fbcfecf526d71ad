"""Settings of a server, from which tests make policies."""

from omefree.privacy.policy import Here, HostFacts

CLOSED = HostFacts(core_dumps_off=True, not_dumpable=True, memory_locked=True)
BARE = Here(version="1.2.3", seal=1, connections=64, connections_per_s=10.0, quota_ttl_s=10.0)
FULL = Here(
    version="1.2.3",
    operator="The operator",
    contact="contact@chat.example",
    authority_contact="https://chat.example/authorities",
    hosting="A host, 1 Street",
    open_to_others=True,
    turn=True,
    seal=1,
    connections=128,
    connections_per_s=20.0,
    quota_ttl_s=10.0,
    as_built=True,
    host=CLOSED,
)
