"""The one list of everything that the page keeps on the visitor's device. What is not here may not be kept.

The policy's section "On your device", /privacy.json and the check `storage` of `omefree audit` are made from it. Tests
compare it with the one file of the page that touches storage (web/src/stored.ts) and with the service worker.
"""

from msgspec import Struct

from omefree.privacy.inventory import Column

DEVICE_COLUMNS: tuple[Column, ...] = ("what", "how_long", "seen_by")  # the policy's table: nobody asks for a purpose


class Kept(Struct, frozen=True, kw_only=True):
    """One thing that is kept. `names` are those that the browser's tools show.

    Its texts are `policy.device.<id>.what` and two that all share.
    """

    id: str
    names: tuple[str, ...]

    def key(self, column: Column) -> str:
        """The key of the text for a column."""
        return f"policy.device.{self.id}.what" if column == "what" else f"policy.device.{column}"


DEVICE: tuple[Kept, ...] = (
    Kept(id="language", names=("omefree.lang",)),
    Kept(id="appearance", names=("omefree.theme",)),
    Kept(id="settings", names=("omefree.settings",)),
    Kept(id="devices", names=("omefree.devices",)),
    # A service worker has no name but the address that it serves: the whole site.
    Kept(id="offline", names=("cache: omefree.offline", "worker: /")),
)


def kept_names(base: str) -> frozenset[str]:
    """All those names, as the check `storage` finds them. `base` is the page's address without its last slash."""
    names = (name for kept in DEVICE for name in kept.names)
    return frozenset(f"worker: {base}/" if name == "worker: /" else name for name in names)
