"""Whether a text holds a link or a contact: an address, a handle of another service, a mail address, a long number.

Such a text of a stranger's is folded, never deleted (docs/client.md). `web/src/text/contacts.ts` has the same rules,
and both pass `tests/vectors/folds.json`. A wrong fold costs one tap, a missed one nothing but the fold.

The text is made plain, cut into tokens, and each token looks at a few neighbours: time grows with the length alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from omefree.guard.confusables import CONFUSABLES, UNSEEN, ZEROS

DIGITS_MIN = 7  # the shortest telephone numbers
HANDLE_CHARS_MIN = 3
NAME_CHARS_MIN = 5  # of a name that no digit, mark or colon shows to be one
SPELLED_CHARS_MIN = 4  # of single letters with spaces between, until they are one word
NEAR_TOKENS = 12  # how far from the name of a service its handle may stand
BREAKS_MAX = 4  # marks and spaces between two parts of one number
YEARS = range(1800, 2101)
RIGHT_TO_LEFT = "\u202e"  # after it letters are shown in the opposite order


def words(listed: str) -> frozenset[str]:
    """The words of a list, which has spaces between them."""
    return frozenset(listed.split())


WORD_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
DIGITS = frozenset("0123456789")
SPACES = frozenset("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\u1680\u2028\u2029")
BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
BETWEEN_DIGITS = frozenset(" -./()+*,")
SCHEMES = frozenset(("http", "https", "hxxp", "hxxps"))
DOTS = frozenset(("dot", "d0t", "point"))
ATS = frozenset(("at", "arobase", "arobas"))

# Ends of host names. SURE: no word of English or French, so they count after the dot of a sentence, too.
SURE = words("com org biz io xyz onion")
SPELLED = SURE | words("net ru fr uk info gg tv")
ENDS = SPELLED | words(
    "app br cam cc cf ch chat club cn co cz dating dev dk ee eu ga gl gq ie ink jp kr link live ly ml mobi nl online"
    " page pl pro pt pub sex sexy shop site store tech tk top tube vip website wiki ws xxx"
)
HOSTS = frozenset(
    (
        "t.me", "wa.me", "m.me", "fb.me", "telegram.me", "kik.me", "paypal.me", "bit.ly", "ow.ly", "cutt.ly",
        "is.gd", "v.gd", "rb.gy", "goo.gl", "youtu.be", "linktr.ee", "instagr.am", "discord.gg", "t.co", "lnkd.in",
    )
)  # fmt: skip

SERVICES = words(
    "telegram telegramm tg whatsapp whatsap watsapp wattsapp whatapp snap snapchat snapp insta instagram ig onlyfans"
    " onlyfan fansly discord signal kik skype viber wechat threema facebook fb tiktok"
)
ALSO_WORDS = frozenset(("signal",))  # "the signal is wonderful" is no handle
IS = words("is est es id username user handle pseudo nick name nom compte account contact")
FILLERS = IS | words("my mon ma me moi s c ce cest its it the le la at on sur add ajoute here ici")
ADDS = words("add ajoute ajoutez rajoute follow find text dm message write ecris contacte contact")
ONS = frozenset(("on", "sur", "via", "in"))
NO_NAMES = words("you him her them everybody people friends someone somebody quelqu un eux lui tout monde")
ORDINARY = words(
    "about actually again always annoying awesome banned better blocked boring broken crazy different down empty"
    " enough funny great horrible never often overrated pretty private probably public quite really safer slower"
    " still stupid terrible there think today useless usually weird what where which worse aussi autre bloque bloquee"
    " casse chiant coupe encore faible horrible inutile jamais mauvais mieux moins moche nulle parfait parfois perdu"
    " plein plutot prive privee public rarement souvent super toujours tombe vraiment"
)
NUMBER_WORDS = words("zero one two three four five six seven eight nine un deux trois quatre cinq sept huit neuf")


def folds(text: str) -> bool:
    """True if the text holds a link or a contact. It may be anything."""
    return shows_contact(plain(text)) or (RIGHT_TO_LEFT in text and shows_contact(plain(text[::-1])))


def shows_contact(seen: str) -> bool:
    """True if a plain text holds a contact, also one whose letters stand apart."""
    joined = closed_up(seen)
    return holds_contact(tokens(seen)) or (joined != seen and holds_contact(tokens(joined)))


def plain(text: str) -> str:
    """The text as an eye reads it: without what is not seen, in Latin small letters and our digits where it can be.

    Each character is normalised alone: to order a long row of marks takes more than linear time.
    """
    return "".join(char if char < "\x80" else "".join(map(as_seen, apart(char))) for char in text).lower()


def apart(char: str) -> str:
    """A character of another form, width or accent as the plain one and its marks."""
    return unicodedata.normalize("NFKD", char)


def as_seen(char: str) -> str:
    """What one character looks like; nothing for a mark on another, and for what is not seen."""
    if char in CONFUSABLES:
        return CONFUSABLES[char]
    if char.lower() in CONFUSABLES:
        return CONFUSABLES[char.lower()]
    code = ord(char)
    if any(first <= code <= last for first, last in UNSEEN) or unicodedata.category(char) == "Mn":
        return ""
    return next((str(code - zero) for zero in ZEROS if zero <= code < zero + 10), char)


def closed_up(text: str) -> str:
    """The text in which `t . m e` is `t.me`: runs of single characters with spaces between are one word."""
    made: list[str] = []
    run: list[str] = []
    for chunk in [*"".join(" " if char in SPACES else char for char in text).split(" "), "  "]:
        if len(chunk) == 1:
            run.append(chunk)
            continue
        made += ["".join(run)] if len(run) >= SPELLED_CHARS_MIN else run
        run = []
        made.append(chunk)
    return " ".join(made[:-1])


def tokens(text: str) -> list[str]:
    """Words, single other characters, and one space for several. `(dot)` and `[.]` are `(.)`, `(at)` is `(@)`."""
    made: list[str] = []
    word: list[str] = []
    for char in text:
        if char in WORD_CHARS:
            word.append(char)
            continue
        if word:
            made.append("".join(word))
            word = []
        if char not in SPACES:
            made.append(char)
            bracketed(made)
        elif made and made[-1] != " ":
            made.append(" ")
    return [*made, "".join(word)] if word else made


def bracketed(made: list[str]) -> None:
    """If the tokens end with a dot or an at in brackets, makes them one token."""
    inner = [each for each in made[-5:-1] if each != " "][-2:]
    if len(inner) < 2 or BRACKETS.get(inner[0]) != made[-1]:
        return
    sign = "(.)" if inner[1] == "." or inner[1] in DOTS else "(@)" if inner[1] == "@" or inner[1] in ATS else ""
    if sign:
        while made.pop() != inner[0]:
            pass
        made.append(sign)


def holds_contact(said: Sequence[str]) -> bool:
    """True if these tokens hold a link or a contact."""
    return any(is_contact_at(said, at) for at in range(len(said))) or holds_number(said)


def is_contact_at(said: Sequence[str], at: int) -> bool:
    """True if the token at this place is the middle of one."""
    token = said[at]
    if token in SCHEMES or token == "www":
        return near(said, at, 1) in ((":",) if token in SCHEMES else (".", "(.)", *DOTS))
    if token in (".", "(.)") or token in DOTS:
        return is_host(said, at)
    if token in ("@", "(@)", "arobase"):
        return is_at(said, at)
    if token == ":" and said[at + 1 : at + 3] == ["/", "/"]:
        return True
    return token in SERVICES and (has_handle_after(said, at) or has_handle_before(said, at))


def near(said: Sequence[str], at: int, way: int) -> str:
    """The next token this way (1 or -1), but for a space; empty at the end."""
    at += way
    if 0 <= at < len(said) and said[at] == " ":
        at += way
    return said[at] if 0 <= at < len(said) else ""


def is_word(token: str) -> bool:
    """True for a word or a number."""
    return token[:1] in WORD_CHARS and token != ""


def is_host(said: Sequence[str], at: int) -> bool:
    """True if this dot stands within a host name, however it is written."""
    label, end, dot = near(said, at, -1), near(said, at, 1), said[at]
    if not is_word(label) or not is_word(end):
        return False
    spaced = said[at - 1] == " ", said[at + 1] == " "
    if f"{label}.{end}" in HOSTS:
        return True
    if dot == "(.)":
        return end in ENDS or (len(end) == 2 and not end[0].isdigit())
    if dot in DOTS or spaced[0]:
        return end in SPELLED
    if spaced[1]:
        return end in SURE
    return end in ENDS or (len(end) == 2 and not DIGITS & set(end) and has_path(said, at + 2))


def has_path(said: Sequence[str], at: int) -> bool:
    """True if a path follows, as in `example.me/name`."""
    return said[at : at + 1] == ["/"] and is_word("".join(said[at + 1 : at + 2]))


def is_at(said: Sequence[str], at: int) -> bool:
    """True if this is the at of a mail address or of a handle; `@ home` and `@5pm` are none."""
    if said[at] != "@":
        return is_word(near(said, at, -1)) and is_word(near(said, at, 1))
    name = said[at + 1] if at + 1 < len(said) else ""
    if not is_word(name) or name[0] in DIGITS:
        return False
    return len(name) >= HANDLE_CHARS_MIN or (at > 0 and is_word(said[at - 1]))


def has_handle_after(said: Sequence[str], at: int) -> bool:
    """True if the name of a service is followed by a handle: `snap: anna`, `my snap is lovelyanna`, `kik bob_92`."""
    told = signed = False
    for token in said[at + 1 : at + 1 + NEAR_TOKENS]:
        if token in (" ", "'", "-"):
            continue
        if token in (":", "=", ">"):
            signed = True
        elif not is_word(token):
            return False
        elif token in FILLERS:
            told = told or token in IS
        else:
            return is_name(token, signed, told and said[at] not in ALSO_WORDS)
    return False


def is_name(word: str, signed: bool, told: bool) -> bool:
    """True if a word is somebody's name on a service. `signed`: after a colon. `told`: after `is`."""
    if looks_made(word) or (signed and len(word) >= HANDLE_CHARS_MIN and not is_digits(word)):
        return True
    return told and len(word) >= NAME_CHARS_MIN and word not in ORDINARY and not is_digits(word)


def looks_made(word: str) -> bool:
    """True for a word such as `bob92` or `anna_b`: no one writes so but for a name."""
    letters = any(char not in DIGITS and char != "_" for char in word)
    return letters and len(word) >= HANDLE_CHARS_MIN and (bool(DIGITS & set(word)) or "_" in word)


def has_handle_before(said: Sequence[str], at: int) -> bool:
    """True for `add lovelyanna on snap` and `bob92 on telegram`."""
    before = [token for token in said[max(0, at - NEAR_TOKENS) : at] if token != " "][-3:]
    if len(before) < 2 or before[-1] not in ONS:
        return False
    name = before[-2]
    if not is_word(name) or name in FILLERS or name in NO_NAMES:
        return False
    return looks_made(name) or (len(before) == 3 and before[0] in ADDS and len(name) >= HANDLE_CHARS_MIN)


# --- numbers ---


def is_digits(word: str) -> bool:
    """True for a word of digits, perhaps with low lines between."""
    return all(char in DIGITS or char == "_" for char in word)


def holds_number(said: Iterable[str]) -> bool:
    """True if seven digits or more stand together, with spaces or marks between, also in other words or scripts."""
    groups: list[str] = []
    breaks = 0
    for token in said:
        if token in BETWEEN_DIGITS or token == "(.)":
            breaks += 1
            continue
        part = digits_of(token)
        if part is None or breaks > BREAKS_MAX:
            if is_number(groups) or longest_number(token) >= DIGITS_MIN:
                return True
            groups = []
        if part is not None:
            groups.append(part)
        breaks = 0
    return is_number(groups)


def digits_of(token: str) -> str | None:
    """The digits that a token says; None if it is something else."""
    if token in NUMBER_WORDS:
        return "?"
    return token.replace("_", "") if is_word(token) and is_digits(token) else None


def longest_number(word: str) -> int:
    """The length of the longest run of digits in a word, as in `tel0612345678`."""
    longest = length = 0
    for char in word:
        length = length + 1 if char in DIGITS else 0
        longest = max(longest, length)
    return longest


def is_number(groups: Sequence[str]) -> bool:
    """True if these groups of digits may be a telephone number: dates, years and round sums are left out."""
    if len(groups) > 1 and groups[-1] == "000" and all(len(each) == 3 for each in groups[1:]):
        return False  # 1 250 000
    at = count = 0
    while at < len(groups) and count < DIGITS_MIN:
        skipped = 3 if is_date(groups[at : at + 3]) else 2 if is_years(groups[at : at + 2]) else 0
        count += 0 if skipped else len(groups[at])
        at += skipped or 1
    return count >= DIGITS_MIN


def is_date(groups: Sequence[str]) -> bool:
    """True for 2026-11-29 and 29/11/2026."""
    if [len(each) for each in groups] not in ([4, 2, 2], [2, 2, 4], [1, 2, 4], [2, 1, 4], [1, 1, 4]):
        return False
    year, *days = sorted(groups, key=len, reverse=True)
    return is_years([year]) and all(each.isdecimal() and int(each) <= 31 for each in days)


def is_years(groups: Sequence[str]) -> bool:
    """True for 1939-1945, and for a year alone."""
    return all(len(each) == 4 and int(each) in YEARS for each in groups) and len(groups) > 0
