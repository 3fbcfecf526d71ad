"""The 64 signs that two people compare: easily told apart at small size, and by voice in each language.

Each is one code point of Unicode 11 or older that is shown as an emoji without a variation selector, and above the BMP,
whose older symbols some fonts draw as black signs (an anchor, an umbrella). Left out: what looks like another (fish
beside dolphin), what sounds like another in a language (moon and balloon; gâteau and cadeau), and what can hurt. The
order is part of the sealing version: never change it.

Their names are the part `[emoji]` of the words. `python -m omefree.seal.emoji > web/src/seal/emoji.ts` writes the signs
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
    """The signs as the page has them."""
    rows = "".join(f'  "{sign}",\n' for sign in EMOJI)
    return f"{HEADER}\nexport const EMOJI: readonly string[] = [\n{rows}];\n"


if __name__ == "__main__":
    sys.stdout.write(typescript())
