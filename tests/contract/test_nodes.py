"""Items and batches of nodes: they come back as they went, and what another version says is dropped and counted."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from omefree.contract import batches, moving, nodes
from omefree.contract.batches import Batch, decode_batch, encode_batch, encode_items
from omefree.contract.nodes import AnyItem, ticket_mark

PARTY: dict[str, Any] = {"step_max": 2, "proven": True, "votes": 1, "voter": b"voter"}
OTHER = moving.Other("bob", "b", True, 1, b"voter")
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
    nodes.Have([("chat", True, False)], [12.5]),
    nodes.Again("chat", True),
    nodes.Unagain("chat", True),
    nodes.Report("chat", True, "spam", 0.5, 1, b"voter"),
    nodes.Voting(60.0, b"key"),
    nodes.Gone(["ann"]),
    nodes.Bye(),
    moving.Take(b"token", "b"),
    moving.Nothing(b"token", True),
    moving.Estate(
        b"token",
        [b"token", b"before"],
        "ann",
        moving.Searching("text", {"jazz": "Jazz"}, ["fr"], 5.0, 2.5, False, (1, "commitment")),
        moving.Chatting("chat", True, "text", False, b"42[..]", 60.0, OTHER, True, ([b"t"], b"42[..]")),
        moving.Talked("old", False, "video", True, 9.0, "left", True, False, OTHER, True, 33.0),
        [moving.Reportable("old", False, 9.0, "bob", "b", 0.1, 0.2, True)],
        ["bob"],
        ["cem"],
        ["c"],
        {"message": (3.5, 0.25)},
        [1.0, 2.0],
        moving.Recorded(1.5, -300.0, 1, "hate", ("text",), 1.0, 9.0, 2, 1.0, 0.0, b"votes", 4.0),
    ),
    moving.Orphan(b"token", "a", "b"),
    moving.Heir("chat", True, [b"token"], b"42[..]"),
    moving.Moves("ann", "b", "chat", True, ["bob"]),
    moving.Moved("chat", True),
    moving.Mark("chat", False),
    nodes.Passed("c", nodes.Say("chat", True, b"42[..]")),
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
    got = decode_batch(batch([["no", "one"], ["legacy", {"new": 1}], ["no", 5], "what", [], ["no", "two"]]))
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


def test_the_largest_items_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the buffer grows, moves, and leaves what was in it in freed memory (docs/privacy-residue.md)."""
    words = ["\U0001f600" * 48 for _ in range(10)]
    ids = [f"{number:016}" for number in range(40)]
    hashes, frame, tag = [b"x" * 32] * 2, b"y" * 20_000, "abcdefgh-12345"
    other = moving.Other(ids[0], tag, True, 3, b"voter" * 2)
    large: list[AnyItem] = [
        moving.Estate(
            hashes[0],
            hashes,
            ids[0],
            moving.Searching(
                "video", dict(zip(words, words, strict=True)), ["fr-FR"] * 10, 59.5, 1e9, True, (1, "c" * 43)
            ),
            moving.Chatting(ids[0], True, "video", False, frame, 1e9, other, True, (hashes, frame)),
            moving.Talked(ids[1], False, "video", True, 9.0, "moderated", True, False, other, True, 33.0),
            [moving.Reportable(each, False, 9.0, each, tag, 0.1, 0.2, True) for each in ids[:16]],
            ids[:8],
            ids[:32],
            [f"abcdefgh-{number}" for number in range(512)],
            {f"a quota of a name that is long {number}": (3.5, 0.25) for number in range(12)},
            [1e9] * 20,
            moving.Recorded(1.5, -300.0, 1, "violence", ("text",), 1.0, 9.0, 2, 1.0, 0.0, b"v" * 9_000, 4.0),
        ),
        moving.Heir(ids[0], True, hashes, frame),
        moving.Moves(ids[0], tag, ids[1], True, ids),
        nodes.Passed(tag, nodes.Say(ids[0], True, frame)),
        nodes.Passed(tag, moving.Moves(ids[0], tag, ids[1], True, ids)),
        nodes.Have([(each, True, False) for each in ids], [1e9] * 40),
    ]
    for item in large:
        sizes: list[int] = []

        def spy(size: int, sizes: list[int] = sizes) -> bytearray:
            sizes.append(size)
            return bytearray(size)

        monkeypatch.setattr(batches, "bytearray", spy, raising=False)
        assert len(encode_items([item])) <= sizes[0], type(item)
