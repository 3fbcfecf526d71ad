"""A text that is said later, in whatever language. PURE."""

from collections.abc import Mapping

from msgspec import Struct


class Text(Struct, frozen=True):
    """The key of a text, and what fills its holes: texts again, several things in a tuple, or anything with a `str`."""

    key: str
    values: Mapping[str, object] = {}


def text(key: str, **values: object) -> Text:
    return Text(key, values)
