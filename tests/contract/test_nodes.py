"""Items and batches of nodes: they come back as they went, and what another version says is dropped and counted."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from omefree.contract import batches, nodes
from omefree.contract.batches import Batch, decode_batch, encode_batch, encode_items
from omefree.contract.nodes import AnyItem, ticket_mark

PARTY: dict[str, Any] = {"step_max": 2, "proven": True, "votes": 1, "voter": b"voter"}
ITEMS: list[AnyItem] = [
    nodes.Announce("text", 3),
    nodes.Join("text", 3, "ann", 1, ["jazz"], ["en"], 5.0, 0.25, False, 1, [("bob", 12.5), ("cem", None)]),
    nodes.Quit("text", 3, "ann", 1),
    nodes.Pair("text", 3, "chat", True, "ann", 1, "bob", "b", ["jazz"]),
    nodes.Pair2("text", 3, "chat", False, "ann", 1, "bob", 2, []),
    nodes.Widened("text", 3, "ann", 1),
    nodes.Count("text", 3, 9, 1, ticket_mark("ann", 1)),
    nodes.Lead("text", 3),
    nodes.Seen("text", 4),
    nodes.Yes("chat", False, ["fr"], (1, "commitment"), **PARTY),
    nodes.No("chat"),
    nodes.Reunite("old", True, "chat", False, **PARTY),
    nodes.Say("chat", True, b"42[..]"),
    nodes.Typing("chat", False, b"42[..]"),
    nodes.Here("chat", True, False),
    nodes.Over("chat", True, "left"),
    nodes.Have([("chat", True, False)]),
    nodes.Again("chat", True),
    nodes.Unagain("chat", True),
    nodes.Report("chat", True, "spam", 0.5, 1, b"voter"),
    nodes.Voting(60.0, b"key"),
    nodes.Gone(["ann"]),
    nodes.Bye(),
]


def batch(items: list[Any], *more: Any, version: int = batches.VERSION) -> bytes:
    """A batch with these items, as bytes; `more` are fields that a later version has appended."""
    return msgspec.msgpack.encode([version, "a", 5, 1, 6, 2, batches.DATA, items, *more])


def test_every_item_comes_back_as_it_went() -> None:
    sent = Batch(batches.VERSION, "a", 5, 1, 6, 2, batches.DATA, Raw(encode_items(ITEMS)))
    got = decode_batch(encode_batch(sent))
    assert got.batch == Batch(batches.VERSION, "a", 5, 1, 6, 2, batches.DATA, ITEMS)
    assert (got.unknown, got.malformed) == (0, 0)
    assert {type(item).__struct_config__.tag for item in ITEMS} == batches.NAMES


def test_items_of_another_version_are_dropped_and_counted() -> None:
    got = decode_batch(batch([["no", "one"], ["estate", {"new": 1}], ["no", 5], "what", [], ["no", "two"]]))
    assert got.batch.items == [nodes.No("one"), nodes.No("two")]
    assert (got.unknown, got.malformed) == (1, 3)


def test_appended_fields_are_left_out() -> None:
    got = decode_batch(batch([["no", "one", "more", 1]], "a field of the header", version=batches.VERSION + 1))
    assert got.batch.items == [nodes.No("one")]
    assert got.batch.version in batches.SPOKEN


@pytest.mark.parametrize("garbage", [b"", b"\xc1", b"\x93\x01\x02\x03", msgspec.msgpack.encode({"a": 1}), b"\xff" * 99])
def test_garbage_is_an_error_that_the_caller_can_count(garbage: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_batch(garbage)


def test_a_frame_goes_unchanged() -> None:
    frame = bytes(range(256)) * 64
    items = [nodes.Say("chat", True, frame)]
    sent = Batch(batches.VERSION, "a", 5, 1, 6, 2, batches.DATA, Raw(encode_items(items)))
    assert decode_batch(encode_batch(sent)).batch.items == items


def test_the_mark_of_a_ticket_depends_on_visitor_and_number() -> None:
    assert len({ticket_mark(visitor, n) for visitor in ("ann", "bob", "1 ann") for n in (1, 2, 11)}) == 9
