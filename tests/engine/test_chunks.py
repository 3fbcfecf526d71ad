from hypothesis import given
from hypothesis import strategies as st

from omefree.engine.chunks import PARTS_MAX, Chunks
from tests.memory import traced


@given(st.lists(st.binary(max_size=3), max_size=3 * PARTS_MAX))
def test_the_whole_is_its_parts(parts: list[bytes]) -> None:
    chunks = Chunks()
    for part in parts:
        chunks.add(part)
    assert (chunks.whole(), chunks.size) == (b"".join(parts), sum(map(len, parts)))


def test_many_tiny_parts_cost_little() -> None:
    """CVE-2026-48779: fragments of nothing, or of next to nothing, without end."""
    chunks = Chunks()
    with traced() as memory:
        for number in range(10_000):
            chunks.add(number.to_bytes(2))
            chunks.add(b"")
        assert memory.now() < 2 * chunks.size
