"""The keys of the page's texts as TypeScript: `python -m omefree.words.typescript > web/src/words/keys.ts`."""

import sys

from omefree.words.catalogue import HOLE, Message, catalogue

PART = "page."
HEADER = """// Made from src/omefree/words/en.toml by `make contract`: edit that, not this.

/** Every text of the page, and the names of the holes in it. */
export interface Holes {
"""


def typescript() -> str:
    """The page's file. It is made from the first language; other languages change nothing in it."""
    texts = catalogue().fallback.messages
    rows = [f'  "{key.removeprefix(PART)}": {holes(text)};\n' for key, text in texts.items() if key.startswith(PART)]
    return HEADER + "".join(rows) + "}\n"


def holes(message: Message) -> str:
    """The names of a text's holes as a TypeScript type: `"a" | "b"`, or `never` without holes."""
    forms = [message] if isinstance(message, str) else list(message.values())
    names = dict.fromkeys(hole for form in forms for hole in HOLE.findall(form))
    return " | ".join(f'"{name}"' for name in names) or "never"


if __name__ == "__main__":
    sys.stdout.write(typescript())
