"""Which headers are weaker than ours; that servers with weak ones are found: test_liars.py."""

import pytest

from omefree.audit.headers import Headers, is_kept_to_tls, weak

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
GOOD = {
    "content-security-policy": [CSP],
    "cross-origin-embedder-policy": ["require-corp"],
    "cross-origin-opener-policy": ["same-origin"],
    "cross-origin-resource-policy": ["same-origin"],
    "permissions-policy": ["camera=(self), microphone=(self), geolocation=(), display-capture=(), usb=()"],
    "referrer-policy": ["no-referrer"],
    "x-content-type-options": ["nosniff"],
    "x-frame-options": ["DENY"],
}


STRANGER = "https://stranger.example"


def flat(headers: dict[str, list[str]]) -> Headers:
    return tuple((name, value) for name, values in headers.items() for value in values)


def found(**other: list[str]) -> list[str]:
    said = GOOD | {name.replace("_", "-"): values for name, values in other.items()}
    return [*weak(flat(said), [], (), STRANGER)]


@pytest.mark.parametrize(
    "policies",
    [
        [CSP.upper()],
        [f"{CSP}; script-src 'unsafe-inline'"],  # the second of a name is passed over
        [CSP, "default-src *"],  # both must allow
        [f"default-src *, {CSP}"],
        [f"{CSP}; img-src data: blob:; report-uri /a"],
        [CSP, f"{CSP}; script-src-elem 'wasm-unsafe-eval'"],
        [CSP.replace("default-src 'none'", "default-src")],  # a list without sources
        [CSP.replace("script-src 'self'", "script-src 'nonce-abc' 'unsafe-inline'")],  # for browsers that know no nonce
    ],
)
def test_strict_policies(policies: list[str]) -> None:
    assert found(content_security_policy=policies) == []


@pytest.mark.parametrize(
    "policy",
    [
        CSP.replace("default-src 'none'", "default-src 'self'"),
        CSP.replace("default-src 'none';", ""),
        CSP.replace("script-src 'self'", "script-src 'unsafe-inline'"),
        CSP.replace("script-src 'self'", "script-src 'self' 'UNSAFE-EVAL'"),
        CSP.replace("script-src 'self'", "script-src data:"),
        CSP.replace("script-src 'self'", "script-src 'self' 'WASM-unsafe-eval'"),
        f"{CSP}; script-src-elem blob:",
        CSP.replace("style-src 'self'", "style-src 'unsafe-inline'"),
        "",
    ],
)
def test_policies_that_are_not(policy: str) -> None:
    assert found(content_security_policy=[policy])[0] == "content-security-policy"


@pytest.mark.parametrize(
    ("ancestors", "options", "is_weak"),
    [
        ("frame-ancestors 'none'", [], False),
        ("frame-ancestors 'self'", [], False),
        ("frame-ancestors https://a.example", ["DENY"], True),  # the policy counts
        ("", ["SameOrigin"], False),
        ("", ["ALLOW-FROM https://a.example"], True),
        ("", ["DENY", "deny"], False),
        ("", ["DENY, SAMEORIGIN"], True),
        ("", [], True),
    ],
)
def test_framing(ancestors: str, options: list[str], is_weak: bool) -> None:
    policy = CSP.replace("frame-ancestors 'none'", ancestors)
    weak_ones = found(content_security_policy=[policy], x_frame_options=options)
    assert weak_ones == (["frame-ancestors"] if is_weak else [])


@pytest.mark.parametrize(
    ("name", "values", "is_weak"),
    [
        ("referrer-policy", ["unsafe-url, no-referrer"], False),  # the last one counts
        ("referrer-policy", ["no-referrer", "unsafe-url"], True),
        ("referrer-policy", ["no-referrer, some-future-policy"], False),  # which browsers pass over
        ("referrer-policy", [], True),
        ("x-content-type-options", [" NoSniff "], False),
        ("x-content-type-options", ["sniff"], True),
        ("x-content-type-options", ["nosniff", "nosniff"], False),
        ("x-content-type-options", ["sniff", "nosniff"], True),
        ("cross-origin-resource-policy", ["same-site"], False),
        ("cross-origin-resource-policy", ["Same-Site"], True),
        ("cross-origin-resource-policy", ["same-origin", "same-origin"], True),
        ("cross-origin-resource-policy", ["cross-origin"], True),
        ("cross-origin-embedder-policy", ['credentialless; report-to="x"'], False),
        ("cross-origin-embedder-policy", ["unsafe-none"], True),
        ("cross-origin-opener-policy", ["SAME-ORIGIN"], True),
        ("cross-origin-opener-policy", ["unsafe-none"], True),
        ("cross-origin-opener-policy", [], True),
    ],
)
def test_single_headers(name: str, values: list[str], is_weak: bool) -> None:
    assert found(**{name: values}) == ([name] if is_weak else [])


def test_devices() -> None:
    wide = "camera=*, microphone=(self), geolocation=(), display-capture=()"
    assert found(permissions_policy=[wide]) == ["permissions-policy: camera"]
    assert len(found(permissions_policy=[])) == 4


@pytest.mark.parametrize(
    ("policies", "is_weak"), [(["unsafe-url"], True), (["unsafe-url", "no-referrer"], False), (["a"], False)]
)
def test_the_pages_own_word_on_referrers_comes_last(policies: list[str], is_weak: bool) -> None:
    assert [*weak(flat(GOOD), policies, (), STRANGER)] == (["referrer-policy"] if is_weak else [])


@pytest.mark.parametrize(("origin", "is_weak"), [(STRANGER, True), ("*", False), ("https://its.own.example", False)])
def test_a_stranger_is_not_let_in_by_name(origin: str, is_weak: bool) -> None:
    answer = (("access-control-allow-origin", origin),)
    assert [*weak(flat(GOOD), [], answer, STRANGER)] == (["access-control-allow-origin"] if is_weak else [])


@pytest.mark.parametrize(
    ("values", "is_kept"),
    [
        (["max-age=15552000"], True),
        (["includeSubDomains; MAX-AGE=63072000; preload"], True),
        (['max-age="63072000"'], True),
        (["max-age=15551999"], False),
        (["max-age=0"], False),
        (["includeSubDomains"], False),
        (["max-age=x"], False),
        (["max-age=63072000", "max-age=0"], False),
        (["max-age=63072000; max-age=0"], False),
        (["max-age=63072000, max-age=0"], False),
        (["max-age=63072000x"], False),
        ([], False),
    ],
)
def test_strict_transport(values: list[str], is_kept: bool) -> None:
    assert is_kept_to_tls(tuple(("strict-transport-security", value) for value in values)) is is_kept
