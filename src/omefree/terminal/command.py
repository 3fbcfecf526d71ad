"""`omefree chat`: from the command line to the screen, and every failure in one line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from omefree.client.address import read_address
from omefree.errors import ConnectError, StartError
from omefree.terminal.plain import plain_line
from omefree.terminal.program import chat
from omefree.terminal.words import Words, choose_lang


def run(url: str, interests: Sequence[str], languages: Sequence[str], lang: str | None) -> None:
    """Chats until the visitor quits. Raises StartError."""
    words = Words(choose_lang(lang, os.environ))
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise StartError(words.say("no_terminal"))
        asyncio.run(chat(url, words, interests, languages))
    except ConnectError as error:
        raise StartError(explained(error, url, words)) from None


def explained(error: ConnectError, url: str, words: Words) -> str:
    """A connection that failed, in the visitor's language."""
    host = url if error.reason == "address" else read_address(url).host
    key = f"connect.{error.code}" if error.reason == "busy" else f"connect.{error.reason}"
    return plain_line(words.say(key if words.has(key) else "connect.busy", host=host, detail=error.detail))
