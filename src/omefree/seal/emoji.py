"""The 64 signs that two people compare: easily told apart at small size, and by voice in each language.

Each is one code point of Unicode 11 or older that is shown as an emoji without a variation selector, and above the BMP,
whose older symbols some fonts draw as black signs (an anchor, an umbrella). Left out: what looks like another (fish
beside dolphin), what sounds like another in a language (moon and balloon; gâteau and cadeau), and what can hurt. The
order is part of the sealing version: never change it.

`python -m omefree.seal.emoji > web/src/i18n/emoji.ts` writes them for the page; `make contract` does that.
"""

import sys
from typing import NamedTuple

HEADER = "// Made from src/omefree/seal/emoji.py by `make contract`: edit that, not this.\n"


class Emoji(NamedTuple):
    sign: str
    en: str
    fr: str


EMOJI: tuple[Emoji, ...] = (
    Emoji("🐶", "dog", "chien"),
    Emoji("🦁", "lion", "lion"),
    Emoji("🐘", "elephant", "éléphant"),
    Emoji("🐰", "rabbit", "lapin"),
    Emoji("🐼", "panda", "panda"),
    Emoji("🐧", "penguin", "pingouin"),
    Emoji("🐢", "turtle", "tortue"),
    Emoji("🐬", "dolphin", "dauphin"),
    Emoji("🐙", "octopus", "pieuvre"),
    Emoji("🦋", "butterfly", "papillon"),
    Emoji("🐌", "snail", "escargot"),
    Emoji("🦉", "owl", "hibou"),
    Emoji("🦒", "giraffe", "girafe"),
    Emoji("🦀", "crab", "crabe"),
    Emoji("🦄", "unicorn", "licorne"),
    Emoji("🌵", "cactus", "cactus"),
    Emoji("🌻", "sunflower", "tournesol"),
    Emoji("🌴", "palm", "palmier"),
    Emoji("🍄", "mushroom", "champignon"),
    Emoji("🍎", "apple", "pomme"),
    Emoji("🍋", "lemon", "citron"),
    Emoji("🍓", "strawberry", "fraise"),
    Emoji("🥕", "carrot", "carotte"),
    Emoji("🍉", "watermelon", "pastèque"),
    Emoji("🍕", "pizza", "pizza"),
    Emoji("🧀", "cheese", "fromage"),
    Emoji("🥐", "croissant", "croissant"),
    Emoji("🍩", "doughnut", "beignet"),
    Emoji("🔑", "key", "clé"),
    Emoji("🔔", "bell", "cloche"),
    Emoji("📞", "phone", "téléphone"),
    Emoji("📖", "book", "livre"),
    Emoji("🔨", "hammer", "marteau"),
    Emoji("💡", "bulb", "ampoule"),
    Emoji("🎈", "balloon", "ballon"),
    Emoji("🎁", "gift", "cadeau"),
    Emoji("🎩", "hat", "chapeau"),
    Emoji("👓", "glasses", "lunettes"),
    Emoji("🎃", "pumpkin", "citrouille"),
    Emoji("🚲", "bicycle", "vélo"),
    Emoji("🚂", "train", "train"),
    Emoji("🚀", "rocket", "fusée"),
    Emoji("🏆", "trophy", "trophée"),
    Emoji("🚢", "ship", "navire"),
    Emoji("🏠", "house", "maison"),
    Emoji("🎸", "guitar", "guitare"),
    Emoji("🎺", "trumpet", "trompette"),
    Emoji("🥁", "drum", "tambour"),
    Emoji("🎹", "piano", "piano"),
    Emoji("🧩", "puzzle", "puzzle"),
    Emoji("🌟", "star", "étoile"),
    Emoji("🌈", "rainbow", "arc-en-ciel"),
    Emoji("🔥", "fire", "feu"),
    Emoji("🧭", "compass", "boussole"),
    Emoji("🌍", "globe", "globe"),
    Emoji("🌋", "volcano", "volcan"),
    Emoji("💎", "diamond", "diamant"),
    Emoji("👑", "crown", "couronne"),
    Emoji("🎯", "target", "cible"),
    Emoji("🧦", "socks", "chaussettes"),
    Emoji("🚜", "tractor", "tracteur"),
    Emoji("🚁", "helicopter", "hélicoptère"),
    Emoji("🤖", "robot", "robot"),
    Emoji("👻", "ghost", "fantôme"),
)


def render() -> str:
    """The page's file."""
    kind = "readonly { readonly sign: string; readonly en: string; readonly fr: string }[]"
    rows = "".join(f'  {{ sign: "{row.sign}", en: "{row.en}", fr: "{row.fr}" }},\n' for row in EMOJI)
    return f"{HEADER}\nexport const EMOJI: {kind} = [\n{rows}];\n"


if __name__ == "__main__":
    sys.stdout.write(render())
