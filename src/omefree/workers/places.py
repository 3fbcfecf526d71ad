"""How many are connected at each worker of a machine, in memory that all of them share: so there is one limit."""

import mmap
import os

NUMBER_BYTES = 8


def create(slots: int) -> int:
    """The descriptor of memory for so many workers, each with none connected."""
    descriptor = os.memfd_create("omefree-places")
    os.ftruncate(descriptor, slots * NUMBER_BYTES)
    return descriptor


class Places:
    """The numbers of all workers. Each writes its own, at `slot`, and reads the others'."""

    def __init__(self, descriptor: int, slot: int) -> None:
        """Closes the descriptor."""
        self._numbers = memoryview(mmap.mmap(descriptor, 0)).cast("q")
        self._slot = slot
        os.close(descriptor)

    def tell(self, count: int) -> None:
        """So many are connected here."""
        self._numbers[self._slot] = count

    def elsewhere(self) -> int:
        """How many are connected at all others."""
        return sum(self._numbers) - self._numbers[self._slot]

    def clear(self, slot: int) -> None:
        """Nobody is connected at that slot: its worker has ended."""
        self._numbers[slot] = 0
