"""What a server's policy is made of. PURE."""

from msgspec import Struct


class HostFacts(Struct, frozen=True, kw_only=True):
    """What the system let the process do for its memory when it started. The defaults claim nothing."""

    core_dumps_off: bool = False
    not_dumpable: bool = False
    memory_locked: bool = False
    freed_overwritten: bool = False  # what is freed is filled with another byte at once
