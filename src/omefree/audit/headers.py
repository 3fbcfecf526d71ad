"""The headers of OmeFree's front page, and which of them a server's page lacks or has weaker. PURE.

Each value is read as browsers read it (Fetch, HTML, CSP 3, Referrer Policy, RFC 6797).

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
WASM = "'wasm-unsafe-eval'"
INLINE = {"data:", "blob:"}  # a script from such an address was made within the page
REFERRER_POLICIES = STRICT["referrer-policy"] | {
    "origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade",
}  # fmt: skip
MAX_AGE = re.compile(r'max-age="?(\d{1,18})"?', re.I)
SIX_MONTHS_S = 15_552_000  # 180 days: what the Observatory counts as six months


def weak(page: Headers, referrers: list[str], for_a_stranger: Headers, stranger: str) -> Iterator[str]:
    """Yields the name of each header that is missing or not strict.

    `referrers`: the page's own referrer policies, in `<meta>`. `for_a_stranger`: the headers of an answer to a request
    of the origin `stranger`. Whether the policy for content names another
    host is not looked at here. `pages.references` does that, together with what the pages fetch.
    """
    if not is_policed(page):
        yield "content-security-policy"
    if not is_not_framed(page, policies(page)):
        yield "frame-ancestors"
    for name, enough in STRICT.items():
        if (referrer(page, referrers) if name == "referrer-policy" else token(page, name)) not in enough:
            yield name
    given = dict(rule.strip().partition("=")[::2] for rule in ",".join(values(page, "permissions-policy")).split(","))
    yield from (f"permissions-policy: {name}" for name, who in OWN_DEVICES.items() if given.get(name) != who)
    if stranger in values(
        for_a_stranger, "access-control-allow-origin"
    ):  # `*` gives it no more than it can fetch itself
        yield "access-control-allow-origin"


def values(headers: Headers, name: str) -> list[str]:
    """Every value of a header, in order. `name` is in lower case."""
    return [value for key, value in headers if key == name]


def token(headers: Headers, name: str) -> str:
    """A header's value without parameters.

    Of `x-content-type-options` the first value counts, in any case. Another header that was sent twice gives a value
    that no browser knows.
    """
    said = ", ".join(values(headers, name))
    return (
        said.partition(",")[0].strip().lower() if name == "x-content-type-options" else said.partition(";")[0].strip()
    )


def referrer(headers: Headers, referrers: list[str]) -> str:
    """The referrer policy of a page: the last one that browsers know, of the header and then of the page itself."""
    said = ",".join([*values(headers, "referrer-policy"), *referrers]).lower().split(",")
    return next((each for part in reversed(said) if (each := part.strip()) in REFERRER_POLICIES), "")


def policies(headers: Headers) -> list[dict[str, set[str]]]:
    """The rules of each policy for content. Browsers apply all of them, so one that is strict is enough."""
    return [rules(policy) for value in values(headers, "content-security-policy") for policy in value.split(",")]


def is_policed(headers: Headers, *, wasm: bool = False) -> bool:
    """Whether a policy for content is strict. `wasm`: it may let wasm be compiled, and no more."""
    return any(is_strict(policy) and (wasm or WASM not in script_sources(policy)) for policy in policies(headers))


def allows_wasm(headers: Headers) -> bool:
    """Whether every policy for content lets wasm be compiled; no policy lets everything be."""
    return all(WASM in script_sources(policy) for policy in policies(headers))


def rules(policy: str) -> dict[str, set[str]]:
    """The sources of each directive; the first of two with one name counts (CSP 3, section 2.2.1)."""
    made: dict[str, set[str]] = {}
    for name, *sources in filter(None, (rule.lower().split() for rule in policy.split(";"))):
        made.setdefault(name, set(sources) or NOBODY)
    return made


def is_strict(policy: dict[str, set[str]]) -> bool:
    """Whether the policy allows nothing by default, nothing unsafe, and no script but files."""
    unsafe = [source for sources in policy.values() for source in counted(sources) if source.startswith("'unsafe-")]
    return policy.get("default-src") == NOBODY and not unsafe and not script_sources(policy) & INLINE


def script_sources(policy: dict[str, set[str]]) -> set[str]:
    """Where scripts may come from, and what they may do, by any of the directives for scripts."""
    return set[str]().union(*(sources for name, sources in policy.items() if name.startswith("script-src")))


def counted(sources: set[str]) -> set[str]:
    """The sources without `'unsafe-inline'` if there is a nonce or a hash, because browsers then ignore it."""
    is_ignored = any(source.startswith(("'nonce-", "'sha")) for source in sources)
    return sources - {"'unsafe-inline'"} if is_ignored else sources


def is_not_framed(page: Headers, policies: list[dict[str, set[str]]]) -> bool:
    """Whether no other site may frame the page.

    X-Frame-Options counts only if no policy has `frame-ancestors` (CSP 3, section 6.4.2.2).
    """
    framing = [policy["frame-ancestors"] for policy in policies if "frame-ancestors" in policy]
    if framing:
        return any(who <= OURSELVES for who in framing)
    options = {each.strip().lower() for each in ",".join(values(page, "x-frame-options")).split(",")}
    return len(options) == 1 and options <= NOT_FRAMED


def is_kept_to_tls(page: Headers) -> bool:
    """Whether Strict-Transport-Security was sent once, for six months or more (RFC 6797, section 6.1)."""
    said = values(page, "strict-transport-security")
    rules = [rule.strip() for rule in said[0].split(";")] if len(said) == 1 else []
    ages = [MAX_AGE.fullmatch(rule) for rule in rules if rule.lower().startswith("max-age")]
    return len(ages) == 1 and ages[0] is not None and int(ages[0][1]) >= SIX_MONTHS_S
