"""A Content-Security-Policy as Mozilla's HTTP Observatory reads and judges it (omefree.privacy.observatory). PURE."""

from collections.abc import Iterable

from omefree.errors import PolicyError

Csp = dict[str, set[str]]
Judgement = tuple[str, bool, int, str]  # the Observatory's result, whether it passes, points, a line for people

SHORTEST_CHARS = 6  # of a policy that is one
REPEATABLE = {"report-uri", "report-to"}
NOT_IN_META = {"frame-ancestors", "report-uri", "sandbox"}
BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
CHECKED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
PASSIVE = ("img-src", "media-src")

INVALID: Judgement = ("csp-header-invalid", False, -25, "The Content-Security-Policy cannot be read.")
NONE: Judgement = ("csp-not-implemented", False, -25, "No Content-Security-Policy.")
REPORT_ONLY: Judgement = (
    "csp-not-implemented-but-reporting-enabled", False, -25, "The Content-Security-Policy only reports.",
)  # fmt: skip
UNSAFE_INLINE: Judgement = (
    "csp-implemented-with-unsafe-inline", False, -20, "The policy lets in scripts of any kind or from anywhere.",
)  # fmt: skip
INSECURE_SCHEME: Judgement = (
    "csp-implemented-with-insecure-scheme", False, -20, "The policy lets in what comes without TLS.",
)  # fmt: skip
UNSAFE_EVAL: Judgement = ("csp-implemented-with-unsafe-eval", False, -10, "The policy allows eval.")
INSECURE_PASSIVE: Judgement = (
    "csp-implemented-with-insecure-scheme-in-passive-content-only", True, -10,
    "The policy lets in images or media that come without TLS.",
)  # fmt: skip
UNSAFE_STYLE: Judgement = (
    "csp-implemented-with-unsafe-inline-in-style-src-only", True, 0, "The policy is strict but for styles.",
)  # fmt: skip
STRICT: Judgement = (
    "csp-implemented-with-no-unsafe-default-src-none", True, 10, "A strict policy that begins with nothing.",
)  # fmt: skip
SAFE: Judgement = ("csp-implemented-with-no-unsafe", True, 5, "A policy with nothing unsafe.")
DUPLICATES: Judgement = (
    "csp-implemented-but-duplicate-directives", True, 0, "The policy names where to report more than once.",
)  # fmt: skip


def judge(headers: list[str], metas: list[str], tls: bool, *, report_only: bool = False) -> Judgement:
    """`headers`: the values of Content-Security-Policy; `metas`: those of <meta http-equiv>."""
    try:
        csp = parse(headers + metas)
        in_force = bool(parse(headers) or set(parse(metas)) - NOT_IN_META)
    except PolicyError:
        return INVALID
    if not in_force:
        return REPORT_ONLY if report_only else NONE
    found = rating(csp, tls)
    return DUPLICATES if found[1] and repeats(headers + metas) else found


def rating(csp: Csp, tls: bool) -> Judgement:
    """Of a policy that can be read: the worst that there is to say."""
    script, style = (without_fallbacks(sources(csp, name)) for name in ("script-src", "style-src"))
    strict_dynamic = "'strict-dynamic'" in script
    if strict_dynamic and not any(source.startswith(CHECKED) for source in script):
        return INVALID
    if strict_dynamic:
        script = {source for source in script if source != "'self'" and not source.startswith(tuple(BROAD))}
    active = script.union(*(csp[name] for name in csp if name not in (*PASSIVE, "script-src")))
    passive = set[str]().union(*(csp.get(name, csp.get("default-src", set())) for name in PASSIVE))
    if script & (BROAD | INLINE) or sources(csp, "object-src") & BROAD:
        return UNSAFE_INLINE
    if tls and without_tls(active):
        return INSECURE_SCHEME
    if "'unsafe-eval'" in script | style:
        return UNSAFE_EVAL
    if tls and without_tls(passive):
        return INSECURE_PASSIVE
    if style & (BROAD | INLINE):
        return UNSAFE_STYLE
    return STRICT if csp.get("default-src") == {"'none'"} else SAFE


def sources(csp: Csp, name: str) -> set[str]:
    return csp.get(name) or csp.get("default-src") or {"*"}


def without_fallbacks(given: set[str]) -> set[str]:
    """Beside a hash or a nonce browsers ignore 'unsafe-inline'."""
    return given - {"'unsafe-inline'"} if any(source.startswith(CHECKED) for source in given) else given


def without_tls(given: Iterable[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in given)


def parse(values: list[str]) -> Csp:
    """What several policies allow together. Raises PolicyError for one that is too short or names a directive twice."""
    csp: Csp = {}
    for n, policy in enumerate(split(values)):
        for name, allowed in directives(policy).items():
            if n == 0:
                csp[name] = allowed
            else:
                csp[name] = (csp.get(name, set()) & allowed) or {"'none'"}
    return csp


def directives(policy: str) -> Csp:
    if len(policy) < SHORTEST_CHARS:
        raise PolicyError("too short")
    made: Csp = {}
    for name, *given in words(policy):
        if name in made and name not in REPEATABLE:
            raise PolicyError(f"{name} twice")
        made[name] = made.get(name, set()) | (set(given) or {"'none'"})
    return made


def words(policy: str) -> list[list[str]]:
    return [entry.lower().split() for entry in policy.split(";") if entry.strip()]


def split(values: list[str]) -> list[str]:
    """One header can hold several policies."""
    return [policy.strip() for value in values for policy in value.split(",")]


def repeats(values: list[str]) -> bool:
    named = [[entry[0] for entry in words(policy) if entry[0] in REPEATABLE] for policy in split(values)]
    return any(len(names) > len(set(names)) for names in named)


def has_frame_ancestors(values: list[str]) -> bool:
    try:
        return "frame-ancestors" in parse(values)
    except PolicyError:
        return False
