"""Cookies as Mozilla's HTTP Observatory judges them (omefree.privacy.observatory). PURE."""

from collections.abc import Iterator

Judgement = tuple[str, bool, int, str]  # the Observatory's result, whether it passes, points, a line for people
Fault = tuple[str, int, str]

WITHOUT_SECURE_BUT_HSTS = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    -5,
    "A cookie is not Secure (HSTS helps).",
)
WITHOUT_SECURE = ("cookies-without-secure-flag", -20, "A cookie is not Secure.")
SESSION_BUT_HSTS = (
    "cookies-session-without-secure-flag-but-protected-by-hsts", -10, "A session cookie is not Secure (HSTS helps).",
)  # fmt: skip
BAD_SAMESITE = ("cookies-samesite-flag-invalid", -20, "A cookie's SameSite is not valid.")
ANTICSRF = ("cookies-anticsrf-without-samesite-flag", -20, "An anti-CSRF cookie has no SameSite.")
NOT_HTTPONLY = ("cookies-session-without-httponly-flag", -30, "A session cookie is not HttpOnly.")
SESSION = ("cookies-session-without-secure-flag", -40, "A session cookie is not Secure.")
# From the least bad to the worst, as the Observatory sorts.
FAULTS = (
    WITHOUT_SECURE_BUT_HSTS, WITHOUT_SECURE, SESSION_BUT_HSTS, BAD_SAMESITE, ANTICSRF, NOT_HTTPONLY, SESSION,
)  # fmt: skip


def judge(headers: list[str], *, hsts: bool) -> Judgement:
    """`headers`: the values of Set-Cookie. `hsts`: browsers come back over TLS alone."""
    sent = [parse(header) for header in headers]
    if not sent:
        return "cookies-not-found", True, 0, "No cookie."
    found = [fault for name, flags in sent for fault in faults(name, flags, hsts)]
    if found:
        result, points, says = max(found, key=FAULTS.index)
        return result, False, points, says
    if all("samesite" in flags for _, flags in sent):
        return "cookies-secure-with-httponly-sessions-and-samesite", True, 5, "Every cookie is well protected."
    return "cookies-secure-with-httponly-sessions", True, 0, "Every cookie is Secure, but not every one SameSite."


def faults(name: str, flags: dict[str, str], hsts: bool) -> Iterator[Fault]:
    secure, samesite = "secure" in flags, flags.get("samesite")
    session = any(part in name.lower() for part in ("login", "sess"))
    if samesite not in (None, "lax", "strict", "none") or (samesite == "none" and not secure):
        yield BAD_SAMESITE
    if not secure:
        yield WITHOUT_SECURE_BUT_HSTS if hsts else WITHOUT_SECURE
    if "csrf" in name.lower() and samesite is None:
        yield ANTICSRF
    if session and not secure:
        yield SESSION_BUT_HSTS if hsts else SESSION
    if session and "httponly" not in flags:
        yield NOT_HTTPONLY


def parse(header: str) -> tuple[str, dict[str, str]]:
    """Name and flags, in lower case."""
    first, *rest = (part.strip() for part in header.split(";"))
    flags = (part.partition("=") for part in rest)
    return first.partition("=")[0], {key.strip().lower(): value.strip().lower() for key, _, value in flags}
