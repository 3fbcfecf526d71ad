"""An invented language: English with accents. Whatever still appears in plain English was never translated."""

import json
import re
import tomllib
from pathlib import Path

from omefree.words import catalogue

FOLDER = Path(catalogue.__file__).parent
PSEUDO = "eo"  # a language that CLDR knows and we do not speak: only its name is used
ACCENTED = str.maketrans("aeiouyAEIOUYcnsz", "àéîöüÿÀÉÎÖÜŸçñšž")
KEPT = re.compile(r"(\{\w+\}|/\w[\w.]*|https?:\S+|--\S+|`[^`]*`)")

# What stays as it is in every language: names, addresses, commands, numbers, and what the operator wrote.
SAME = re.compile(
    r"OmeFree|TURN|https?:\S+|/\w+(\.json)?|make test\S*|ARGS\S+|omefree[/ ]\S+|tests/\S+|[\w.-]+@[\w.-]+"
    r"|English|[Ff]rançais|[Ee]spañol|Deutsch|[Pp]ortuguês|[Ii]taliano|العربية|[Ee]sp[eé]ranto|\d+\xa0(November|December)"
)


def accented(text: str) -> str:
    """Holes, paths, commands and addresses stay as they are."""
    return "".join(part if KEPT.fullmatch(part) else part.translate(ACCENTED) for part in KEPT.split(text))


def pseudo(message: object) -> object:
    if isinstance(message, dict):
        return {name: pseudo(form) for name, form in message.items()}
    return [pseudo(each) for each in message] if isinstance(message, list) else accented(str(message))


def add_to(folder: Path) -> None:
    """Copies the words into a folder, and adds the language: one file, and one line in the list."""
    for file in FOLDER.iterdir():
        if file.suffix in (".toml", ".json"):
            (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    parts = tomllib.loads((folder / "en.toml").read_text("utf-8"))
    parts["reviewed"] = False  # so that each page says so
    lines = [f"{name} = {json.dumps(parts.pop(name))}" for name in ("locale", "policy_sha256", "reviewed")]
    for part, texts in parts.items():
        lines += [f"[{part}]", *(f"{toml(key)} = {toml(pseudo(message))}" for key, message in texts.items())]
    (folder / f"{PSEUDO}.toml").write_text("\n".join(lines), "utf-8")
    listed = json.loads((folder / "languages.json").read_text())
    (folder / "languages.json").write_text(json.dumps([*listed, PSEUDO]))


def toml(message: object) -> str:
    if isinstance(message, dict):
        return "{ " + ", ".join(f"{name} = {toml(form)}" for name, form in message.items()) + " }"
    return json.dumps(message, ensure_ascii=False)


def left(text: str) -> set[str]:
    """Words of more than three letters in which no letter is accented though one could be."""
    words = re.findall(r"[^\W\d_]{4,}", SAME.sub(" ", text))
    return {word for word in words if word != word.translate(ACCENTED)}
