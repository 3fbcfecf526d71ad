"""The choice of the language for a reader, from those that we have. PURE."""

import re
from collections.abc import Mapping, Sequence

# POSIX, "Environment Variables" 8.2: the first of these that is set names the language of messages.
POSIX = ("LC_ALL", "LC_MESSAGES", "LANG")


def choose(wanted: Sequence[str], spoken: Sequence[str]) -> str:
    """The first wanted language that we have, in its region or else in any (RFC 4647, section 3.4).
    If we have none of them, it is the first of `spoken`.
    """
    for tag in (re.split(r"[.@]", each.lower())[0].replace("_", "-") for each in wanted):
        exact = [lang for lang in spoken if lang.lower() == tag]
        for lang in [*exact, *(lang for lang in spoken if primary(lang) == primary(tag))]:
            return lang
    return spoken[0]


def primary(tag: str) -> str:
    """The primary subtag of a language tag: `pt` of `pt-BR`."""
    return tag.lower().partition("-")[0]


def from_request(asked: str | None, accept_language: str, spoken: Sequence[str]) -> str:
    """The language that a link asks for, else the first one of the browser (RFC 9110, section 12.5.4)."""
    return choose([asked or "", *accepted(accept_language)], spoken)


def from_environment(asked: str | None, environ: Mapping[str, str], spoken: Sequence[str]) -> str:
    """The language that was asked for, else that of the terminal."""
    named = next((value for name in POSIX if (value := environ.get(name))), "")
    return choose([asked or named], spoken)


def accepted(accept_language: str) -> list[str]:
    """The tags of an Accept-Language header, best first, without the refused ones (weight 0)."""
    weighed = [offer.partition(";") for offer in accept_language.split(",")]
    offers = [(weight(parameter), tag.strip()) for tag, _, parameter in weighed]
    return [tag for quality, tag in sorted(offers, key=lambda offer: -offer[0]) if quality > 0]


def weight(parameter: str) -> float:
    """The weight of a tag, from its parameter `q=`; 1.0 without one, 0.0 for a malformed one."""
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter, re.ASCII | re.IGNORECASE)
    return float(match[1]) if match else 1.0 if not parameter.strip() else 0.0
