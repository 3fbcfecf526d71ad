"""French spacing: no-break spaces before high punctuation, inside quotes, and between a number and its unit.

They are in fr.toml itself, so that no program has to set them. `python -m omefree.words.spacing` sets them there.
"""

import re
from pathlib import Path

FRENCH = Path(__file__).with_name("fr.toml")
NARROW, NO_BREAK = "\u202f", "\u00a0"  # a narrow no-break space, and one of full width


def typeset(text: str) -> str:
    """A French text with its no-break spaces; a text that has them already stays the same."""
    text = re.sub(" ([?!;»])", NARROW + r"\1", text).replace("« ", f"«{NARROW}").replace(" :", f"{NO_BREAK}:")
    return re.sub(r"([\d}]) ((?:s|secondes|minutes|heures|ans)\b|\d)", rf"\1{NO_BREAK}\2", text)


def set_spaces(file: str) -> str:
    """The file with the spaces of its texts set. Keys and comments stay as they are."""
    texts = r'(?<== |{ |, |  )"(?:[^"\\]|\\.)*"(?! =)'
    lines = file.split("\n")
    return "\n".join(line if line[:1] == "#" else re.sub(texts, lambda text: typeset(text[0]), line) for line in lines)


if __name__ == "__main__":
    FRENCH.write_text(set_spaces(FRENCH.read_text("utf-8")), "utf-8")
