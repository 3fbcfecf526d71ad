"""The 64 emoji that two people compare. They are easy to tell apart at small size, and by voice in each language.

Each is one code point of Unicode 11 or older. It is shown as an emoji without a variation selector. It is above the
BMP, because some fonts draw the BMP's older symbols (an anchor, an umbrella) as black signs. Left out: emoji that look
like another (fish beside dolphin), that sound like another in some language (moon and balloon; gâteau and cadeau), and
that can hurt. The order is part of the sealing version: never change it.

Their names are the part `[emoji]` of the words. `python -m omefree.seal.emoji > web/src/seal/emoji.ts` writes the emoji
for the page; `make contract` does that.
"""

import sys

HEADER = "// Made from src/omefree/seal/emoji.py by `make contract`: edit that, not this.\n"

EMOJI: tuple[str, ...] = (
    "🐶",
    "🦁",
    "🐘",
    "🐰",
    "🐼",
    "🐧",
    "🐢",
    "🐬",
    "🐙",
    "🦋",
    "🐌",
    "🦉",
    "🦒",
    "🦀",
    "🦄",
    "🌵",
    "🌻",
    "🌴",
    "🍄",
    "🍎",
    "🍋",
    "🍓",
    "🥕",
    "🍉",
    "🍕",
    "🧀",
    "🥐",
    "🍩",
    "🔑",
    "🔔",
    "📞",
    "📖",
    "🔨",
    "💡",
    "🎈",
    "🎁",
    "🎩",
    "👓",
    "🎃",
    "🚲",
    "🚂",
    "🚀",
    "🏆",
    "🚢",
    "🏠",
    "🎸",
    "🎺",
    "🥁",
    "🎹",
    "🧩",
    "🌟",
    "🌈",
    "🔥",
    "🧭",
    "🌍",
    "🌋",
    "💎",
    "👑",
    "🎯",
    "🧦",
    "🚜",
    "🚁",
    "🤖",
    "👻",
)


def typescript() -> str:
    """The page's file with the emoji, in TypeScript."""
    rows = "".join(f'  "{sign}",\n' for sign in EMOJI)
    return f"{HEADER}\nexport const EMOJI: readonly string[] = [\n{rows}];\n"


if __name__ == "__main__":
    sys.stdout.write(typescript())
