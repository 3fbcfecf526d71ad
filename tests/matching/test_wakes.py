"""Wake-ups that can be dropped."""

from hypothesis import given
from hypothesis import strategies as st

from omefree.matching.wakes import Wakes
from tests.memory import traced


def due(wakes: Wakes[int] | Wakes[str], now: float) -> list[int | str]:
    return list(iter(lambda: wakes.take(now), None))


def test_what_is_due_comes_in_the_order_of_time_then_of_planning() -> None:
    wakes: Wakes[str] = Wakes()
    for when, what in ((3.0, "c"), (1.0, "a"), (3.0, "d"), (2.0, "b"), (9.0, "z")):
        wakes.set(when, what)
    assert wakes.next() == 1.0
    assert due(wakes, 3.0) == ["a", "b", "c", "d"]
    assert (due(wakes, 8.9), wakes.next()) == ([], 9.0)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=300))
def test_what_is_dropped_never_comes_and_leaves_nothing(plans: list[tuple[int, bool]]) -> None:
    wakes: Wakes[int] = Wakes()
    kept = []
    for number, (when, keep) in enumerate(plans):
        serial = wakes.set(when, number)
        if keep:
            kept.append((when, number))
        else:
            wakes.drop(serial)
            wakes.drop(serial)
    assert len(wakes) == len(kept)
    assert wakes.next() == min((float(when) for when, _ in kept), default=None)
    assert due(wakes, 20.0) == [number for _, number in sorted(kept)]
    assert (len(wakes), wakes.next()) == (0, None)


def test_memory_does_not_grow_with_what_was_dropped() -> None:
    wakes: Wakes[str] = Wakes()
    with traced() as memory:
        for number in range(10_000):
            wakes.drop(wakes.set(float(number), "gone"))
        assert memory.now() < 30_000
