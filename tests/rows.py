"""Tables of many rows that each take seconds: `make test` runs the first of them, `make soak` all."""

from collections.abc import Iterable
from typing import Any

import pytest


def first(count: int, rows: Iterable[Any]) -> list[Any]:
    """The rows of a table, for `parametrize`. The most telling come first."""
    return [row if number < count else _for_soak(row) for number, row in enumerate(rows)]


def _for_soak(row: Any) -> Any:
    return pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.soak)
