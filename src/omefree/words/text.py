"""A text that is put into words later, in whatever language. PURE."""

from collections.abc import Mapping

from msgspec import Struct


class Text(Struct, frozen=True):
    """The key of a text, and the values for its holes: a Text, a tuple for a list, or anything that `str` takes."""

    key: str
    values: Mapping[str, object] = {}


def text(key: str, **values: object) -> Text:
    """A Text of this key and these values."""
    return Text(key, values)
