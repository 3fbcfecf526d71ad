"""The flags of `omefree serve`, which are read without typer: as typer would, or not at all."""

from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from omefree import cli
from omefree.serving import CHECK, FLAGS, LISTS, read_flags

SERVE: Any = typer.main.get_command(cli.app).commands["serve"]  # type: ignore[attr-defined]
VALUES = st.sampled_from(["", " ", "8000", "a,b", "a=b", "=", "-", "-1", "--", CHECK, "--port", "é", "\0"])
NAMES = st.sampled_from([*FLAGS, CHECK, "--help", "--version", "--prot", "--por", "-p", "--", "more", ""])
ARGUMENTS = st.lists(NAMES | VALUES | st.builds("{}={}".format, NAMES, VALUES) | st.text(max_size=5), max_size=6)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(lambda pairs: [each for pair in pairs for each in pair])


@given(ARGUMENTS | PAIRS)
def test_what_is_read_is_what_typer_reads(args: list[str]) -> None:
    read = read_flags(args)
    if read is not None:
        read_by_typer = SERVE.make_context("serve", list(args)).params
        assert set_ones(read) == set_ones(read_by_typer)


def set_ones(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_with_a_value_is_read(flag: str) -> None:
    value = ["8000"] if FLAGS[flag] in LISTS else "8000"
    assert read_flags([flag, "8000"]) == read_flags([f"{flag}=8000"]) == {FLAGS[flag]: value}
    assert read_flags([CHECK, flag, "8000"]) == {"check_config": True, FLAGS[flag]: value}


def test_every_flag_of_typers_is_known() -> None:
    shown = {flag for parameter in SERVE.params for flag in parameter.opts}
    assert shown == {*FLAGS, CHECK, "--version"}
