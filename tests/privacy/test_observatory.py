"""Good and bad sites, scored as Mozilla's Observatory scores them."""

import pytest
from msgspec import structs

from omefree.privacy.observatory import Answer, Found, grade_of, score

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
GOOD = Answer(
    url="https://chat.example/",
    headers=(
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", CSP),
        ("Strict-Transport-Security", "max-age=63072000"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ),
    html='<!doctype html><script src="/a.js" integrity="sha256-x"></script>',
)


def having(name: str, *values: str, site: Answer = GOOD) -> Answer:
    """The good site with other values of one header; with none, without it."""
    others = tuple(header for header in site.headers if header[0].lower() != name.lower())
    return structs.replace(site, headers=(*others, *((name, value) for value in values)))


def rule(answer: Answer, id_: str) -> Found:
    [found] = [test for test in score(answer).tests if test.id == id_]
    assert found.says
    return found


def verdict(answer: Answer, id_: str) -> tuple[str, bool | None, int]:
    found = rule(answer, id_)
    return found.result, found.passed, found.points


def test_a_good_site() -> None:
    found = score(GOOD)
    assert (found.grade, found.points) == ("A+", 155)
    assert len(found.tests) == 12
    assert all(test.passed for test in found.tests)


def test_a_bare_site() -> None:
    bare = score(Answer(url="https://chat.example/", headers=(), http_route=("http://chat.example/",)))
    assert (bare.grade, bare.points) == ("F", 10)
    assert {test.id for test in bare.tests if not test.passed} == {
        *("content-security-policy", "redirection", "strict-transport-security"),
        *("x-content-type-options", "x-frame-options"),
    }


@pytest.mark.parametrize(
    ("points", "grade"),
    [
        (155, "A+"), (100, "A+"), (99, "A"), (90, "A"), (89, "A-"), (84, "B+"), (79, "B"), (70, "B"), (69, "B-"),
        (60, "C+"), (59, "C"), (50, "C"), (45, "C-"), (40, "D+"), (39, "D"), (30, "D"), (29, "D-"), (24, "F"), (0, "F"),
    ],
)  # fmt: skip
def test_grades(points: int, grade: str) -> None:
    assert grade_of(points) == grade


def test_what_is_good_counts_only_where_little_is_bad() -> None:
    assert score(having("X-Content-Type-Options")).points == 150
    worse = having("X-Content-Type-Options", site=having("Referrer-Policy", "unsafe-url"))
    assert score(worse).points == 100 - 5 - 5 + 50
    bad = having("Strict-Transport-Security")
    assert (score(bad).points, score(bad).grade) == (80, "B+")


NONE_STRICT = ("csp-implemented-with-no-unsafe-default-src-none", True, 10)
SAFE = ("csp-implemented-with-no-unsafe", True, 5)
INLINE = ("csp-implemented-with-unsafe-inline", False, -20)
PASSIVE = ("csp-implemented-with-insecure-scheme-in-passive-content-only", True, -10)
STYLE = ("csp-implemented-with-unsafe-inline-in-style-src-only", True, 0)
INVALID = ("csp-header-invalid", False, -25)


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([CSP], NONE_STRICT),
        ([CSP.upper()], NONE_STRICT),
        (["default-src"], NONE_STRICT),  # a list without sources
        (["default-src 'none' 'self'"], SAFE),
        (["default-src 'self'"], SAFE),
        (["default-src 'self'; script-src 'wasm-unsafe-eval'"], SAFE),
        (["img-src 'self'"], INLINE),  # nothing says where scripts come from
        (["default-src 'none'; script-src 'unsafe-inline'"], INLINE),
        (["default-src 'none'; script-src 'unsafe-inline' 'nonce-abc'"], NONE_STRICT),
        (["default-src 'none'; script-src data:"], INLINE),
        (["default-src 'none'; script-src https:"], INLINE),
        (["default-src 'none'; object-src *"], INLINE),
        (["default-src 'none'; script-src 'strict-dynamic' 'nonce-abc' https: 'unsafe-inline'"], NONE_STRICT),
        (["default-src 'none'; script-src 'strict-dynamic'"], INVALID),
        (["default-src 'none'; script-src http://cdn.example"], ("csp-implemented-with-insecure-scheme", False, -20)),
        (["default-src 'none'; connect-src http://a.example"], ("csp-implemented-with-insecure-scheme", False, -20)),
        (["default-src 'none'; script-src 'unsafe-eval'"], ("csp-implemented-with-unsafe-eval", False, -10)),
        (["default-src 'none'; img-src http://a.example"], PASSIVE),
        (["default-src 'none'; style-src 'unsafe-inline'"], STYLE),
        ([CSP, "default-src 'none'"], NONE_STRICT),
        (["default-src 'none'; script-src *", "script-src 'self'"], NONE_STRICT),  # both must allow
        ([f"{CSP}, script-src *"], NONE_STRICT),
        (["default-src 'none'; default-src 'none'"], INVALID),
        ([f"{CSP}; report-uri /a; report-uri /b"], ("csp-implemented-but-duplicate-directives", True, 0)),
        (["x"], INVALID),
        ([""], INVALID),
        ([], ("csp-not-implemented", False, -25)),
    ],
)  # fmt: skip
def test_policies(policies: list[str], expected: tuple[str, bool, int]) -> None:
    assert verdict(having("Content-Security-Policy", *policies), "content-security-policy") == expected


def test_a_policy_that_only_reports_is_none() -> None:
    site = having("Content-Security-Policy-Report-Only", CSP, site=having("Content-Security-Policy"))
    assert verdict(site, "content-security-policy")[0] == "csp-not-implemented-but-reporting-enabled"


def test_a_policy_in_the_page_counts_but_not_for_framing() -> None:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{CSP}">'
    site = structs.replace(having("Content-Security-Policy", site=having("X-Frame-Options")), html=meta)
    assert verdict(site, "content-security-policy") == NONE_STRICT
    assert verdict(site, "x-frame-options")[0] == "x-frame-options-not-implemented"
    only = structs.replace(site, html="<meta http-equiv='content-security-policy' content=\"frame-ancestors 'none'\">")
    assert verdict(only, "content-security-policy")[0] == "csp-not-implemented"


@pytest.mark.parametrize(
    ("cookies", "result", "points"),
    [
        (["a=b; Secure; HttpOnly; SameSite=Lax"], "cookies-secure-with-httponly-sessions-and-samesite", 5),
        (["a=b; Secure"], "cookies-secure-with-httponly-sessions", 0),
        (["a=b"], "cookies-without-secure-flag-but-protected-by-hsts", -5),
        (["SESSID=b; HttpOnly"], "cookies-session-without-secure-flag-but-protected-by-hsts", -10),
        (["a=b; Secure; SameSite=Sometimes"], "cookies-samesite-flag-invalid", -20),
        (["a=b; SameSite=None"], "cookies-samesite-flag-invalid", -20),
        (["csrftoken=b; Secure"], "cookies-anticsrf-without-samesite-flag", -20),
        (["login=b; Secure"], "cookies-session-without-httponly-flag", -30),
        (["a=b; Secure; SameSite=Lax", "session=c"], "cookies-session-without-httponly-flag", -30),
    ],
)
def test_cookies(cookies: list[str], result: str, points: int) -> None:
    assert verdict(having("Set-Cookie", *cookies), "cookies") == (result, points >= 0, points)


def test_cookies_without_hsts_are_worse() -> None:
    site = having("Strict-Transport-Security")
    assert verdict(having("Set-Cookie", "a=b", site=site), "cookies")[2] == -20
    assert verdict(having("Set-Cookie", "sess=b", site=site), "cookies")[2] == -40


@pytest.mark.parametrize(
    ("allowed", "credentials", "result", "points"),
    [
        (None, None, "not-implemented", 0),
        ("*", None, "implemented-with-public-access", 0),
        ("https://other.example", None, "implemented-with-restricted-access", 0),
        ("https://friend.example", "true", "implemented-with-restricted-access", 0),
        ("https://other.example", "TRUE", "implemented-with-universal-access", -50),
    ],
)
def test_other_sites(allowed: str | None, credentials: str | None, result: str, points: int) -> None:
    given = (("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Credentials", credentials))
    site = structs.replace(
        GOOD, cors=tuple((name, value) for name, value in given if value), origin="https://other.example"
    )
    name = "cross-origin-resource-sharing"
    assert verdict(site, name) == (f"{name}-{result}", points == 0, points)


DETOUR = "not-to-https-on-initial-redirection"


@pytest.mark.parametrize(
    ("route", "result", "points"),
    [
        (None, "not-needed-no-http", 0),
        (["http://a.example/"], "missing", -20),
        (["http://a.example/", "https://a.example/"], "to-https", 0),
        (["http://a.example:80/", "https://a.example:443/"], "to-https", 0),
        (["http://[::1]/", "https://[::1]:443/"], "to-https", 0),
        (["http://a.example/", "http://b.example/"], "not-to-https", -20),
        (["http://a.example/", "http://b.example/", "https://b.example/"], DETOUR, -10),
        (["http://a.example/", "https://b.example/"], "off-host-from-http", -5),
    ],
)
def test_redirection(route: list[str] | None, result: str, points: int) -> None:
    site = structs.replace(GOOD, http_route=tuple(route) if route else None)
    assert verdict(site, "redirection") == (f"redirection-{result}", points == 0, points)


@pytest.mark.parametrize(
    ("values", "result", "points"),
    [
        (["same-origin"], "private", 5),
        (["origin, strict-origin"], "private", 5),
        (["no-referrer", "unsafe-url"], "unsafe", -5),
        (["No-Referrer-When-Downgrade"], "unsafe", -5),
        (["nonsense"], "header-invalid", -5),
        ([], "not-implemented", 0),
    ],
)
def test_referrers(values: list[str], result: str, points: int) -> None:
    assert verdict(having("Referrer-Policy", *values), "referrer-policy") == (
        f"referrer-policy-{result}", points >= 0, points,
    )  # fmt: skip


def test_the_pages_own_word_on_referrers_comes_last() -> None:
    site = structs.replace(GOOD, html='<meta name="referrer" content="unsafe-url">')
    assert verdict(site, "referrer-policy")[0] == "referrer-policy-unsafe"


@pytest.mark.parametrize(
    ("values", "result", "points"),
    [
        (["max-age=15552000"], "implemented-max-age-at-least-six-months", 0),
        (["includeSubDomains; MAX-AGE=63072000; preload"], "implemented-max-age-at-least-six-months", 0),
        (["max-age=15551999"], "implemented-max-age-less-than-six-months", -10),
        (["max-age=0"], "implemented-max-age-less-than-six-months", -10),
        (["includeSubDomains"], "header-invalid", -20),
        (["max-age=x"], "header-invalid", -20),
        (["max-age=63072000, max-age=63072000"], "header-invalid", -20),
        ([], "not-implemented", -20),
    ],
)
def test_strict_transport(values: list[str], result: str, points: int) -> None:
    name = "strict-transport-security"
    assert verdict(having(name, *values), name) == (f"hsts-{result}", points == 0, points)


def test_a_bad_certificate_and_a_preloaded_host() -> None:
    name = "strict-transport-security"
    bad = structs.replace(GOOD, trusted=False, http_route=("http://chat.example/", "https://chat.example/"))
    assert verdict(bad, name) == ("hsts-invalid-cert", False, -20)
    assert verdict(bad, "redirection") == ("redirection-invalid-cert", False, -20)
    known = structs.replace(GOOD, preloaded=True, http_route=("http://chat.example/", "https://chat.example/"))
    assert verdict(known, name) == ("hsts-preloaded", True, 5)
    assert verdict(known, "redirection")[0] == "redirection-all-redirects-preloaded"


@pytest.mark.parametrize(
    ("scripts", "result", "points"),
    [
        ([], "not-implemented-but-no-scripts-loaded", 0),
        (["/a.js"], "not-implemented-but-all-scripts-loaded-from-secure-origin", 0),
        (["https://chat.example/a.js"], "not-implemented-but-all-scripts-loaded-from-secure-origin", 0),
        (["/a.js!"], "implemented-and-all-scripts-loaded-securely", 5),
        (["https://cdn.example/a.js!"], "implemented-and-external-scripts-loaded-securely", 5),
        (["/a.js!", "https://cdn.example/a.js"], "not-implemented-but-external-scripts-loaded-securely", -5),
        (["http://cdn.example/a.js!"], "implemented-but-external-scripts-not-loaded-securely", -20),
        (["//cdn.example/a.js"], "not-implemented-and-external-scripts-not-loaded-securely", -50),
        (["http://cdn.example/a.js", "/a.js!"], "not-implemented-and-external-scripts-not-loaded-securely", -50),
    ],
)
def test_scripts(scripts: list[str], result: str, points: int) -> None:
    tags = [f'<script src="{src.rstrip("!")}"{" integrity=x" if src[-1] == "!" else ""}></script>' for src in scripts]
    site = structs.replace(GOOD, html="<!doctype html>" + "".join(tags))
    assert verdict(site, "subresource-integrity") == (f"sri-{result}", points >= 0, points)


def test_a_script_inside_the_page_is_no_file_and_json_has_none() -> None:
    inline = structs.replace(GOOD, html="<script>let a</script>")
    assert "secure-origin" in verdict(inline, "subresource-integrity")[0]
    assert "response-not-html" in verdict(having("content-type", "application/json"), "subresource-integrity")[0]


@pytest.mark.parametrize(
    ("name", "values", "result", "points"),
    [
        ("X-Content-Type-Options", [" NoSniff "], "x-content-type-options-nosniff", 0),
        ("X-Content-Type-Options", ["sniff"], "x-content-type-options-header-invalid", -5),
        ("X-Content-Type-Options", [], "x-content-type-options-not-implemented", -5),
        ("Cross-Origin-Resource-Policy", ["Same-Site"], "corp-implemented-with-same-site", 10),
        ("Cross-Origin-Resource-Policy", ["cross-origin"], "corp-implemented-with-cross-origin", 0),
        ("Cross-Origin-Resource-Policy", ["same-origin", "same-origin"], "corp-header-invalid", -5),
        ("Cross-Origin-Resource-Policy", [], "corp-not-implemented", 0),
        ("Cross-Origin-Embedder-Policy", ['credentialless; report-to="x"'], "coep-implemented-with-credentialless", 10),
        ("Cross-Origin-Embedder-Policy", ["unsafe-none"], "coep-implemented-with-unsafe-none", 0),
        ("Cross-Origin-Embedder-Policy", ["Require-Corp"], "coep-header-invalid", -5),
        ("Cross-Origin-Opener-Policy", ["noopener-allow-popups"], "coop-implemented-with-noopener-allow-popups", 10),
        ("Cross-Origin-Opener-Policy", ['"same-origin"'], "coop-header-invalid", -5),
        ("Cross-Origin-Opener-Policy", ["same-origin", "same-origin"], "coop-header-invalid", -5),
        ("Cross-Origin-Opener-Policy", [], "coop-not-implemented", 0),
    ],
)
def test_single_headers(name: str, values: list[str], result: str, points: int) -> None:
    assert verdict(having(name, *values), name.lower()) == (result, points >= 0, points)


@pytest.mark.parametrize(
    ("values", "result", "points"),
    [
        (["SameOrigin"], "x-frame-options-sameorigin-or-deny", 5),
        (["ALLOW-FROM https://a.example"], "x-frame-options-allow-from-origin", 0),
        (["nonsense"], "x-frame-options-header-invalid", -20),
        ([], "x-frame-options-not-implemented", -20),
    ],
)
def test_framing(values: list[str], result: str, points: int) -> None:
    site = having("Content-Security-Policy", "default-src 'none'")
    assert verdict(having("X-Frame-Options", *values, site=site), "x-frame-options") == (result, points >= 0, points)
    assert verdict(having("X-Frame-Options", *values), "x-frame-options")[0] == "x-frame-options-implemented-via-csp"


def test_without_tls_nothing_that_needs_it_has_passed() -> None:
    found = score(structs.replace(GOOD, url="http://localhost:8000/"))
    assert found.grade is None
    assert {test.id: test.result for test in found.tests if test.passed is None} == dict.fromkeys(
        ("redirection", "strict-transport-security", "subresource-integrity"), "not-applicable"
    )
    assert all(test.points == 0 for test in found.tests if test.passed is None)
