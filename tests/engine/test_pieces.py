from hypothesis import given
from hypothesis import strategies as st

from omefree.engine.pieces import PARTS_MAX, Pieces


@given(st.lists(st.binary(max_size=3), max_size=3 * PARTS_MAX))
def test_the_whole_is_its_parts(parts: list[bytes]) -> None:
    pieces = Pieces()
    for part in parts:
        pieces.add(part)
    assert (pieces.whole(), pieces.size) == (b"".join(parts), sum(map(len, parts)))


def test_many_tiny_parts_cost_little() -> None:
    """CVE-2026-48779: fragments of nothing, or of next to nothing, without end."""
    pieces = Pieces()
    for _ in range(1_000):
        pieces.add(b"ab")
        pieces.add(b"")
        assert len(pieces._parts) < PARTS_MAX
