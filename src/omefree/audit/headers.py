"""The headers that the front page of OmeFree has, and which of them a server's page lacks or has weaker. PURE.

Not a grade: what Mozilla's Observatory says of a server of ours is a test of its own (tests/privacy/).
"""

import re
from collections.abc import Iterator

Headers = tuple[tuple[str, str], ...]  # names in lower case; a header sent twice stands twice

STRICT = {  # any one of these will do
    "cross-origin-embedder-policy": {"require-corp", "credentialless"},
    "cross-origin-opener-policy": {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"},
    "cross-origin-resource-policy": {"same-origin", "same-site"},
    "referrer-policy": {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"},
    "x-content-type-options": {"nosniff"},
}
OWN_DEVICES = {"camera": "(self)", "microphone": "(self)", "geolocation": "()", "display-capture": "()"}
NOBODY, OURSELVES = {"'none'"}, {"'none'", "'self'"}
NOT_FRAMED = {"deny", "sameorigin"}
INLINE = {"data:", "blob:"}  # a script that a page makes itself is one within the page
MAX_AGE = re.compile(r'(?:^|;)\s*max-age="?(\d{1,18})', re.I)
SIX_MONTHS_S = 15_552_000  # 180 days: what the Observatory takes for six months


def weak(page: Headers, for_a_stranger: Headers) -> Iterator[str]:
    """The names of those that are missing or not strict. `for_a_stranger`: of an answer to another site's question.

    That the policy for content names no other host is looked at together with what the pages fetch (`references`).
    """
    policies = [rules(policy) for value in values(page, "content-security-policy") for policy in value.split(",")]
    if not any(is_strict(policy) for policy in policies):  # browsers hold a page to all of them
        yield "content-security-policy"
    if not is_not_framed(page, policies):
        yield "frame-ancestors"
    for name, enough in STRICT.items():
        if token(page, name) not in enough:
            yield name
    given = dict(rule.strip().partition("=")[::2] for rule in ",".join(values(page, "permissions-policy")).split(","))
    yield from (f"permissions-policy: {name}" for name, who in OWN_DEVICES.items() if given.get(name) != who)
    if values(for_a_stranger, "access-control-allow-origin"):
        yield "access-control-allow-origin"


def values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key == name]


def token(headers: Headers, name: str) -> str:
    """What a header says, without parameters. Of several referrer policies the last one counts; another header that
    was sent twice says nothing that browsers know.
    """
    said = ", ".join(values(headers, name)).lower()
    return (said.rpartition(",")[2] if name == "referrer-policy" else said.partition(";")[0]).strip()


def rules(policy: str) -> dict[str, set[str]]:
    """A directive's sources; the first of two with one name counts (CSP 3, section 2.2.1)."""
    made: dict[str, set[str]] = {}
    for name, *sources in filter(None, (rule.lower().split() for rule in policy.split(";"))):
        made.setdefault(name, set(sources) or NOBODY)
    return made


def is_strict(policy: dict[str, set[str]]) -> bool:
    """It begins with nothing, and lets in no script but files."""
    scripts = set[str]().union(*(sources for name, sources in policy.items() if name.startswith("script-src")))
    unsafe = [source for sources in policy.values() for source in sources if source.startswith("'unsafe-")]
    return policy.get("default-src") == NOBODY and not unsafe and not scripts & INLINE


def is_not_framed(page: Headers, policies: list[dict[str, set[str]]]) -> bool:
    """By no other site. X-Frame-Options counts only if no policy says it (CSP 3, section 6.4.2.2)."""
    framing = [policy["frame-ancestors"] for policy in policies if "frame-ancestors" in policy]
    return any(who <= OURSELVES for who in framing) if framing else token(page, "x-frame-options") in NOT_FRAMED


def is_kept_to_tls(page: Headers) -> bool:
    """Strict-Transport-Security of six months or more, sent once."""
    said = values(page, "strict-transport-security")
    found = MAX_AGE.search(said[0]) if len(said) == 1 else None
    return found is not None and int(found[1]) >= SIX_MONTHS_S
