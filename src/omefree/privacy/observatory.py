"""How Mozilla's HTTP Observatory scores a site's answers, rule by rule. PURE.

After mdn/mdn-http-observatory 1.4 (August 2026): its twelve tests, its results by their names, their points. It looks at
one page and what its host answers. The preload list of browsers is not at hand here, so `preloaded` comes in.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser

from msgspec import Struct

from omefree.privacy import cookies, csp

Headers = tuple[tuple[str, str], ...]

BONUS_FROM = 90  # below, only what is bad counts
SIX_MONTHS_S = 15_552_000  # 180 days: many sites say so
GRADES = (
    (100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"), (45, "C-"),
    (40, "D+"), (30, "D"), (25, "D-"), (0, "F"),
)  # fmt: skip


class Answer(Struct, frozen=True, kw_only=True):
    """What the front page and its host answered. Header names in any case; a header sent twice stands twice."""

    url: str
    headers: Headers
    html: str = ""
    cors: Headers = ()  # of the answer to the same request with an `Origin` of another site
    origin: str = "https://http-observatory.security.mozilla.org"  # that was sent for it
    http_route: tuple[str, ...] | None = None  # the URLs that plain http led through, the first included; None: closed
    trusted: bool = True  # the certificate is good
    preloaded: bool = False  # the host is in the browsers' HSTS preload list

    @property
    def tls(self) -> bool:
        return self.url.startswith("https:")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


class Found(Struct, frozen=True):
    """One rule. `passed` is None where it is not applicable: without TLS it is neither good nor bad."""

    id: str
    result: str
    passed: bool | None
    points: int
    says: str


class Score(Struct, frozen=True):
    """`grade` is None without TLS: the Observatory looks at no such site. `points` is then what the other rules give."""

    grade: str | None
    points: int
    tests: tuple[Found, ...]


Verdict = tuple[str, bool | None, int, str]  # result, passed, points, a line for people
NOT_APPLICABLE: Verdict = ("not-applicable", None, 0, "Not applicable: this page did not come over TLS.")


def score(answer: Answer) -> Score:
    """Grade, points and every test."""
    tests = tuple(Found(name, *rule(answer)) for name, rule in RULES.items())
    penalties = sum(min(test.points, 0) for test in tests)
    bonuses = sum(max(test.points, 0) for test in tests)
    points = max(0, 100 + penalties + (bonuses if 100 + penalties >= BONUS_FROM else 0))
    return Score(grade_of(points) if answer.tls else None, points, tests)


def grade_of(points: int) -> str:
    return next(grade for least, grade in GRADES if points - points % 5 >= least)


class Tags(HTMLParser):
    """The scripts of a page, (src, integrity), and its <meta>s, (name or http-equiv, content)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.metas: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append((given.get("src", ""), given.get("integrity", "")))
        elif tag == "meta":
            name = given.get("http-equiv") or given.get("name", "")
            self.metas.append((name.strip().lower(), given.get("content", "")))


def metas(answer: Answer, name: str) -> list[str]:
    return [content for key, content in Tags(answer.html).metas if key == name and content]


def policy(answer: Answer) -> Verdict:
    header = "content-security-policy"
    reports = bool(answer.all(f"{header}-report-only"))
    return csp.judge(answer.all(header), metas(answer, header), answer.tls, report_only=reports)


def set_cookies(answer: Answer) -> Verdict:
    return cookies.judge(answer.all("set-cookie"), hsts=strict_transport(answer)[1] is True)


def cors(answer: Answer) -> Verdict:
    told = {key.lower(): value.strip() for key, value in reversed(answer.cors)}
    allowed = told.get("access-control-allow-origin")
    prefix = "cross-origin-resource-sharing-"
    if not allowed:
        return prefix + "not-implemented", True, 0, "Other sites cannot read this one."
    if allowed == "*":
        return prefix + "implemented-with-public-access", True, 0, "Every site can read this one, without credentials."
    if allowed == answer.origin and told.get("access-control-allow-credentials", "").lower() == "true":
        return prefix + "implemented-with-universal-access", False, -50, "Any site can read this one as its visitor."
    return prefix + "implemented-with-restricted-access", True, 0, "Named sites can read this one."


def redirection(answer: Answer) -> Verdict:
    if not answer.tls:
        return NOT_APPLICABLE
    route = answer.http_route
    if route is None:
        return "redirection-not-needed-no-http", True, 0, "Nothing answers over plain http."
    if not answer.trusted:
        return "redirection-invalid-cert", False, -20, "The certificate is not good."
    if answer.preloaded and len({host_of(url) for url in route}) == 1:
        return "redirection-all-redirects-preloaded", True, 0, "Browsers know that this host is https only."
    if len(route) == 1:
        return "redirection-missing", False, -20, "Plain http is served, and does not lead to https."
    if not route[-1].startswith("https:"):
        return "redirection-not-to-https", False, -20, "Plain http leads somewhere else than to https."
    if not route[1].startswith("https:"):
        return "redirection-not-to-https-on-initial-redirection", False, -10, "Plain http leads to https by a detour."
    if host_of(route[0]) != host_of(route[1]):
        return "redirection-off-host-from-http", False, -5, "Plain http leads to https on another host."
    return "redirection-to-https", True, 0, "Plain http leads to https at once."


def host_of(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0].lower()
    return authority if authority.endswith("]") else authority.rpartition(":")[0] or authority


PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
UNSAFE = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}


def referrer(answer: Answer) -> Verdict:
    said = [*answer.all("referrer-policy"), *metas(answer, "referrer")[-1:]]
    known = [part for value in said for raw in value.split(",") if (part := raw.strip().lower()) in PRIVATE | UNSAFE]
    if not said:
        return "referrer-policy-not-implemented", True, 0, "No Referrer-Policy: browsers use their own, a good one."
    if not known:
        return "referrer-policy-header-invalid", False, -5, "Referrer-Policy is not valid."
    if known[-1] in UNSAFE:
        return "referrer-policy-unsafe", False, -5, "Referrer-Policy tells other sites too much."
    return "referrer-policy-private", True, 5, "Other sites do not learn where a visitor comes from."


def strict_transport(answer: Answer) -> Verdict:
    if not answer.tls:
        return NOT_APPLICABLE
    header = answer.first("strict-transport-security")
    if answer.preloaded:
        return "hsts-preloaded", True, 5, "Browsers know that this host is https only."
    if not answer.trusted:
        return "hsts-invalid-cert", False, -20, "The certificate is not good, so browsers ignore HSTS."
    if header is None:
        return "hsts-not-implemented", False, -20, "No Strict-Transport-Security."
    age = max_age(header)
    if age is None:
        return "hsts-header-invalid", False, -20, "Strict-Transport-Security is not valid."
    if age < SIX_MONTHS_S:
        return "hsts-implemented-max-age-less-than-six-months", False, -10, "HSTS lasts less than six months."
    return "hsts-implemented-max-age-at-least-six-months", True, 0, "HSTS lasts six months or more."


def max_age(header: str) -> int | None:
    """Seconds; None if there is none, or if it is two headers in one."""
    ages = [part.strip().lower()[8:] for part in header.split(";") if part.strip().lower().startswith("max-age=")]
    digits = re.match("[0-9]{1,18}", ages[-1]) if ages and "," not in header else None
    return int(digits[0]) if digits else None


def integrity(answer: Answer) -> Verdict:
    if not answer.tls:
        return NOT_APPLICABLE
    kind = (answer.first("content-type") or "").partition(";")[0].strip().lower()
    if kind not in ("", "text/html", "application/xhtml+xml"):
        return "sri-not-implemented-response-not-html", True, 0, "Not a page."
    scripts = Tags(answer.html).scripts
    if not scripts:
        return "sri-not-implemented-but-no-scripts-loaded", True, 0, "The page loads no script."
    others = {(src.startswith("https:"), bool(named)) for src, named in scripts if src and not is_own(src, answer.url)}
    for kind_of_other, verdict in SRI_FAULTS.items():
        if kind_of_other in others:
            return verdict
    if any(named and is_own(src, answer.url) for src, named in scripts):
        return "sri-implemented-and-all-scripts-loaded-securely", True, 5, "Scripts are named with their hash."
    if others:
        return (
            "sri-implemented-and-external-scripts-loaded-securely",
            True,
            5,
            "Others' scripts are named with their hash.",
        )
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", True, 0, "Scripts come from this host."


# A script of another host: (it comes over https, it is named with a hash). The worst first, as the Observatory sorts.
SRI_FAULTS: dict[tuple[bool, bool], Verdict] = {
    (False, False): (
        "sri-not-implemented-and-external-scripts-not-loaded-securely", False, -50,
        "A script of another host comes without TLS and without a hash.",
    ),
    (True, False): (
        "sri-not-implemented-but-external-scripts-loaded-securely", False, -5, "A script of another host has no hash.",
    ),
    (False, True): (
        "sri-implemented-but-external-scripts-not-loaded-securely", False, -20,
        "A script of another host comes without TLS.",
    ),
}  # fmt: skip


def is_own(src: str, url: str) -> bool:
    """Of the same host. (The Observatory lets all hosts of one registered domain pass, by a list that we do not have.)"""
    if src.startswith("//"):
        return False
    return not src.startswith(("https://", "http://")) or host_of(src) == host_of(url)


def content_type_options(answer: Answer) -> Verdict:
    header = answer.first("x-content-type-options")
    if header is None:
        return "x-content-type-options-not-implemented", False, -5, "No X-Content-Type-Options."
    if header.strip().lower() != "nosniff":
        return "x-content-type-options-header-invalid", False, -5, "X-Content-Type-Options is not valid."
    return "x-content-type-options-nosniff", True, 0, "Browsers do not guess types."


def framing(answer: Answer) -> Verdict:
    header = (answer.first("x-frame-options") or "").strip().lower()
    if csp.has_frame_ancestors(answer.all("content-security-policy")):
        return "x-frame-options-implemented-via-csp", True, 5, "The policy says who may frame the page."
    if header in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny", True, 5, "No other site may frame the page."
    if header.startswith("allow-from"):
        return "x-frame-options-allow-from-origin", True, 0, "A named site may frame the page."
    if not header:
        return "x-frame-options-not-implemented", False, -20, "Any site may frame the page."
    return "x-frame-options-header-invalid", False, -20, "X-Frame-Options is not valid."


def resource(answer: Answer) -> Verdict:
    values = ", ".join(answer.all("cross-origin-resource-policy")).strip().lower()
    return graded("corp", values or None, {"same-site": 10, "same-origin": 10, "cross-origin": 0})


def embedder(answer: Answer) -> Verdict:
    value = token(answer.all("cross-origin-embedder-policy"))
    return graded("coep", value, {"require-corp": 10, "credentialless": 10, "unsafe-none": 0})


def opener(answer: Answer) -> Verdict:
    value = token(answer.all("cross-origin-opener-policy"))
    good = {"same-origin": 10, "same-origin-allow-popups": 10, "noopener-allow-popups": 10, "unsafe-none": 0}
    return graded("coop", value, good)


def token(values: list[str]) -> str | None:
    """The token of a structured field (RFC 8941): parameters dropped, case kept; two headers are none."""
    if not values:
        return None
    return values[0].partition(";")[0].strip() if len(values) == 1 else "twice"


def graded(name: str, value: str | None, points: dict[str, int]) -> Verdict:
    header = {"corp": "Resource", "coep": "Embedder", "coop": "Opener"}[name]
    if value is None:
        return f"{name}-not-implemented", True, 0, f"No Cross-Origin-{header}-Policy."
    if value not in points:
        return f"{name}-header-invalid", False, -5, f"Cross-Origin-{header}-Policy is not valid."
    return f"{name}-implemented-with-{value}", True, points[value], f"Cross-Origin-{header}-Policy is {value}."


RULES: dict[str, Callable[[Answer], Verdict]] = {
    "content-security-policy": policy,
    "cookies": set_cookies,
    "cross-origin-resource-sharing": cors,
    "cross-origin-resource-policy": resource,
    "cross-origin-embedder-policy": embedder,
    "cross-origin-opener-policy": opener,
    "redirection": redirection,
    "referrer-policy": referrer,
    "strict-transport-security": strict_transport,
    "subresource-integrity": integrity,
    "x-content-type-options": content_type_options,
    "x-frame-options": framing,
}
