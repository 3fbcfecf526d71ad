"""`omefree chat`: from the command line to the screen. Every failure to start is one line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from omefree.client.address import read_address
from omefree.errors import ConnectError, StartError
from omefree.terminal.commands import Vocabulary
from omefree.terminal.plain import plain_line
from omefree.terminal.program import chat
from omefree.words.catalogue import Words, catalogue
from omefree.words.negotiation import from_environment


def run(url: str, interests: Sequence[str], languages: Sequence[str], lang: str | None) -> None:
    """Chats until the visitor quits. Raises StartError without a terminal or without a connection."""
    words = words_for(lang)
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise StartError(words.say("terminal.no_terminal"))
        asyncio.run(chat(url, words, Vocabulary(catalogue().fallback, words), interests, languages))
    except ConnectError as error:
        raise StartError(explained(error, url, words)) from None


def words_for(lang: str | None) -> Words:
    """The words of the language that was asked for, else of the terminal's."""
    spoken = catalogue()
    return spoken.words(from_environment(lang, os.environ, spoken.languages))


def explained(error: ConnectError, url: str, words: Words) -> str:
    """A failed connection explained in the visitor's language, on one line."""
    host = url if error.reason == "address" else read_address(url).host
    key = f"terminal.connect.{error.code if error.reason == 'busy' else error.reason}"
    known = key if key in words.messages else "terminal.connect.busy"
    return plain_line(words.say(known, host=host, detail=error.detail))
