"""The terminal has words for everything that can happen, and its words tell the truth."""

import re
from typing import get_args

import pytest

from omefree.client.events import Reason
from omefree.contract.codes import EndReason, PauseReason
from omefree.errors import ConnectReason
from omefree.seal.outputs import SealFault
from omefree.terminal.commands import Unknown, Vocabulary
from omefree.terminal.program import AGAIN_TOLD, HELP
from omefree.words.catalogue import catalogue

assert Reason


@pytest.mark.parametrize("lang", catalogue().languages)
def test_there_are_words_for_everything(lang: str) -> None:
    known = catalogue().words(lang).messages
    ends = (*get_args(EndReason), *get_args(SealFault), "broken", "reported", "next", "enter")
    wanted = [f"ended.{reason}" for reason in ends] + [f"connect.{reason}" for reason in get_args(ConnectReason)]
    wanted += [f"again.{code}" for code in (*AGAIN_TOLD, "none", "asked")] + [f"help.{line}" for line in HELP]
    wanted += [f"pause.{reason}" for reason in get_args(PauseReason)] + ["connect.paused"]
    assert [key for key in wanted if f"terminal.{key}" not in known] == []


@pytest.mark.parametrize("lang", catalogue().languages)
def test_every_command_that_is_told_exists(lang: str) -> None:
    words = catalogue().words(lang)
    vocabulary = Vocabulary(catalogue().fallback, words)
    told = [str(text) for key, text in words.messages.items() if key.startswith("terminal.")]
    commands = [command for text in told for command in re.findall(r"(?<![\w/}])/\w+", text)]
    assert len(commands) > 8
    assert [command for command in commands if isinstance(vocabulary.parse(command), Unknown)] == []
