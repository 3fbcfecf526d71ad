"""The headers of OmeFree's front page, and which of them a server's page lacks or has weaker. PURE.

This is no grade. A test in tests/privacy/ shows what Mozilla's Observatory says of a server of ours.
"""

import re
from collections.abc import Iterator

Headers = tuple[tuple[str, str], ...]  # names in lower case; a header that was sent twice is here twice

STRICT = {  # any one of the values is enough
    "cross-origin-embedder-policy": {"require-corp", "credentialless"},
    "cross-origin-opener-policy": {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"},
    "cross-origin-resource-policy": {"same-origin", "same-site"},
    "referrer-policy": {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"},
    "x-content-type-options": {"nosniff"},
}
OWN_DEVICES = {"camera": "(self)", "microphone": "(self)", "geolocation": "()", "display-capture": "()"}
NOBODY, OURSELVES = {"'none'"}, {"'none'", "'self'"}
NOT_FRAMED = {"deny", "sameorigin"}
INLINE = {"data:", "blob:"}  # a script from such an address was made within the page
MAX_AGE = re.compile(r'(?:^|;)\s*max-age="?(\d{1,18})', re.I)
SIX_MONTHS_S = 15_552_000  # 180 days: what the Observatory counts as six months


def weak(page: Headers, for_a_stranger: Headers) -> Iterator[str]:
    """Yields the name of each header that is missing or not strict.

    `for_a_stranger`: the headers of an answer to another site's request. Whether the policy for content names another
    host is not looked at here. `pages.references` does that, together with what the pages fetch.
    """
    policies = [rules(policy) for value in values(page, "content-security-policy") for policy in value.split(",")]
    if not any(is_strict(policy) for policy in policies):  # browsers apply all of them, so one that is strict is enough
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
    """Every value of a header, in order. `name` is in lower case."""
    return [value for key, value in headers if key == name]


def token(headers: Headers, name: str) -> str:
    """A header's value without parameters, in lower case.

    Of several referrer policies the last one counts. Any other header that was sent twice gives a value that no browser
    knows.
    """
    said = ", ".join(values(headers, name)).lower()
    return (said.rpartition(",")[2] if name == "referrer-policy" else said.partition(";")[0]).strip()


def rules(policy: str) -> dict[str, set[str]]:
    """The sources of each directive; the first of two with one name counts (CSP 3, section 2.2.1)."""
    made: dict[str, set[str]] = {}
    for name, *sources in filter(None, (rule.lower().split() for rule in policy.split(";"))):
        made.setdefault(name, set(sources) or NOBODY)
    return made


def is_strict(policy: dict[str, set[str]]) -> bool:
    """Whether the policy allows nothing by default, nothing unsafe, and no script but files."""
    scripts = set[str]().union(*(sources for name, sources in policy.items() if name.startswith("script-src")))
    unsafe = [source for sources in policy.values() for source in sources if source.startswith("'unsafe-")]
    return policy.get("default-src") == NOBODY and not unsafe and not scripts & INLINE


def is_not_framed(page: Headers, policies: list[dict[str, set[str]]]) -> bool:
    """Whether no other site may frame the page.

    X-Frame-Options counts only if no policy has `frame-ancestors` (CSP 3, section 6.4.2.2).
    """
    framing = [policy["frame-ancestors"] for policy in policies if "frame-ancestors" in policy]
    return any(who <= OURSELVES for who in framing) if framing else token(page, "x-frame-options") in NOT_FRAMED


def is_kept_to_tls(page: Headers) -> bool:
    """Whether Strict-Transport-Security was sent once, for six months or more."""
    said = values(page, "strict-transport-security")
    found = MAX_AGE.search(said[0]) if len(said) == 1 else None
    return found is not None and int(found[1]) >= SIX_MONTHS_S
