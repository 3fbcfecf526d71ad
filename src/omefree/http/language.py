"""Which language a visitor reads, and how a text is set in it."""

import re

from omefree.privacy.inventory import LANGS, Lang, Words

NARROW, NO_BREAK = "\u202f", "\xa0"  # a narrow no-break space, and one of full width
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
}  # fmt: skip


def choose(asked: str | None, accept_language: str) -> Lang:
    """The language that a link asks for, else the browser's first that we speak (RFC 9110 12.5.4), else English."""
    for tag in (asked or "", *wanted(accept_language)):
        for lang in LANGS:
            if tag.lower().partition("-")[0] == lang:
                return lang
    return "en"


def wanted(accept_language: str) -> list[str]:
    """The tags, best first; those that are refused are left out."""
    weighed = [offer.partition(";") for offer in accept_language.split(",")]
    offers = [(weight(parameter), tag.strip()) for tag, _, parameter in weighed]
    return [tag for quality, tag in sorted(offers, key=lambda offer: -offer[0]) if quality > 0]


def weight(parameter: str) -> float:
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter, re.ASCII | re.IGNORECASE)
    return float(match[1]) if match else 1.0 if not parameter.strip() else 0.0


def say(words: Words, lang: Lang) -> str:
    """The text as it is printed."""
    return typeset_french(words.fr) if lang == "fr" else words.en


def typeset_french(text: str) -> str:
    """French puts unbreakable spaces before high punctuation, inside its quotes, and between a number and its unit."""
    text = re.sub(" ([?!;»])", NARROW + r"\1", text).replace("« ", f"«{NARROW}").replace(" :", f"{NO_BREAK}:")
    return re.sub(r"(\d) ((?:s|secondes|minutes|heures|ans)\b|\d)", rf"\1{NO_BREAK}\2", text)


def date(iso: str, lang: Lang) -> str:
    """`2026-11-25` as people write it."""
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{'1er' if day == 1 and lang == 'fr' else day}{NO_BREAK}{MONTHS[lang][month - 1]}{NO_BREAK}{year}"
