"""Every promise to visitors, each with the tests and checks that fail when it is not kept."""

from typing import Literal

from msgspec import Struct


class Claim(Struct, frozen=True, kw_only=True):
    """One promise. Its text is `policy.claim.<id>.says`; how it is proved, `policy.claim.<id>.proof`.

    `tests`: files under tests/ that prove it. `audit`: names of checks of `omefree audit`, from outside or on the host.
    With neither, it is a promise only, and marked as one.

    `needs`: what a server must have for the claim to be made on it. `turn` is a TURN relay; `closed_memory` is a system
    that lets the process close its memory.
    """

    id: str
    tests: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()
    needs: Literal["turn", "closed_memory"] | None = None

    @property
    def says(self) -> str:
        """The key of the claim's text."""
        return f"policy.claim.{self.id}.says"

    @property
    def proof(self) -> str:
        """The key of the text that says how the claim is proved."""
        return f"policy.claim.{self.id}.proof"

    @property
    def provable(self) -> bool:
        """Whether a test or a check proves the claim."""
        return bool(self.tests or self.audit)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="no-account",
        tests=("privacy/test_inventory.py",),
        audit=("entry",),
    ),
    Claim(
        id="ram-only",
        tests=("privacy/test_files.py",),
        audit=("ram-only",),
    ),
    Claim(
        id="gone-at-leave",
        tests=("privacy/test_gone.py", "chat/test_nothing_left.py", "guard/test_record.py"),
        audit=("leave", "token", "search", "gone-at-leave"),
    ),
    Claim(
        id="text-unread",
        tests=("test_memory.py",),
        audit=("seal", "mixing", "relay", "text-unread"),
    ),
    Claim(
        id="only-this",
        tests=("privacy/test_inventory.py",),
        audit=("routes", "events", "cross-talk"),
    ),
    Claim(
        id="media-direct",
        tests=("privacy/test_media.py", "e2e/test_shield.py"),
        audit=("ice", "media-direct"),
    ),
    Claim(
        id="turn-sealed",
        tests=("e2e/test_attacks.py", "e2e/test_call_attacks.py"),
        needs="turn",
    ),
    Claim(
        id="ip-told",
        tests=("e2e/test_ways.py",),
    ),
    Claim(
        id="no-tracking",
        tests=(
            "e2e/test_page.py",
            "privacy/test_device.py",
        ),
        audit=("cookies", "references", "requests", "storage"),
    ),
    Claim(
        id="no-logs",
        tests=("privacy/test_silence.py", "test_logs.py"),
        audit=("no-logs",),
    ),
    Claim(
        id="no-trace",
        tests=("test_hardening.py",),
        audit=("no-trace",),
        needs="closed_memory",
    ),
    Claim(
        id="open-web",
        tests=("http/test_assets.py", "http/test_headers.py"),
        audit=("assets", "build", "scripts", "headers", "https", "tls"),
    ),
    Claim(
        id="online-count",
        tests=("privacy/test_inventory.py",),
        audit=("online", "counting"),
    ),
    Claim(
        id="sums-only",
        tests=("metrics/test_reading.py", "http/test_status.py"),
    ),
    Claim(
        id="policy-dated",
        tests=("privacy/test_policy.py",),
        audit=("policy", "rendered", "settings"),
    ),
    Claim(
        id="contact",
        tests=("privacy/test_contact.py",),
        audit=("contact",),
    ),
    Claim(
        id="no-sale",
    ),
)
