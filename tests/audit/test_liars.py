"""A server that lies, in one way at a time: exactly the checks that look at that way find it."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest

from omefree.audit.check import AuditReport, Result
from omefree.audit.outside import Options, audit
from tests.audit import lies
from tests.audit.liar import Lie, lying
from tests.certificates import Certificate, make_certificate
from tests.words.speak import english

NOWHERE = Path("/nowhere/assets.json")  # nothing to compare with: a lie about the page would be found twice
WITHOUT_A_BROWSER = {"requests", "storage"}
LIES = [
    lies.HandshakeCookie, lies.ThirdPartyStyle, lies.ChangedAsset, lies.NoList, lies.Framed, lies.OpenPolicy,
    lies.Reflected, lies.OtherHash, lies.ClaimMissing, lies.OtherSentence, lies.OtherVersion, lies.OtherDate,
    lies.KeepsUntold, lies.KeepsMore, lies.HidesDevice,
    lies.Resume, lies.ResumeInChat, lies.Quotas, lies.Garbage, lies.PageSaysLess, lies.NoContact, lies.Ghost,
    lies.CountsTwice, lies.CountsMore, lies.Overheard, lies.Intruder, lies.Unsealed, lies.Between, lies.Mixing,
    lies.Rewords, lies.TokensLive, lies.FoundAgain, lies.AnswersAnything, lies.SaysMore, lies.UntoldRelay,
]  # fmt: skip
REWRITTEN = [lies.ThirdPartyScript, lies.Pixel, lies.InlineScript, lies.UnlistedScript, lies.AsksForMail]
CSP = "default-src 'none'; script-src 'self'%s; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = [
    ("content-security-policy", None),
    ("content-security-policy", CSP % " 'unsafe-inline'"),
    ("content-security-policy", CSP % " 'unsafe-eval'"),
    ("content-security-policy", CSP % " 'wasm-unsafe-eval'"),
    ("content-security-policy", (CSP % "").replace("'none'", "'self'", 1)),
    ("cross-origin-embedder-policy", None),
    ("cross-origin-opener-policy", "unsafe-none"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("permissions-policy", None),
    ("permissions-policy", "camera=*, microphone=(self), geolocation=(), display-capture=()"),
    ("referrer-policy", "unsafe-url"),
    ("referrer-policy", None),
    ("x-content-type-options", None),
]


def named(report: AuditReport, result: Result) -> set[str]:
    return {check.name for check in report.checks if check.result == result}


def is_found(report: AuditReport, lie: Lie) -> None:
    failures = {check.name: english(check.detail) for check in report.checks if check.result == "failed"}
    assert set(failures) == lie.red, failures
    unchecked = {check.name: english(check.detail) for check in report.checks if check.result == "not checked"}
    assert set(unchecked) == lie.unchecked | WITHOUT_A_BROWSER | {"build"}, unchecked
    assert report.exit_code == 1


async def looked_at(url: str, lie: Lie) -> AuditReport:
    async with lying(url, lie) as liar:
        return await audit(liar, Options(build=NOWHERE, browser=False))


async def test_one_that_lies_about_nothing_is_not_accused(url: str) -> None:
    report = await looked_at(url, Lie())
    assert named(report, "failed") == set()
    assert named(report, "not checked") == {*WITHOUT_A_BROWSER, "build"}
    assert report.exit_code == 0


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
async def test_a_lie_is_found(url: str, lie: type[Lie]) -> None:
    told = lie()
    is_found(await looked_at(url, told), told)


@pytest.mark.parametrize("lie", REWRITTEN, ids=lambda lie: lie.__name__)
async def test_a_page_with_more_in_it_is_found(url: str, page: Path, lie: type[lies.Rewritten]) -> None:
    told = lie((page / "index.html").read_text())
    is_found(await looked_at(url, told), told)


@pytest.mark.parametrize(("name", "value"), HEADERS)
async def test_a_weak_header_is_found(url: str, name: str, value: str | None) -> None:
    told = lies.Header(name, value)
    is_found(await looked_at(url, told), told)


@pytest.mark.parametrize(
    ("policy", "red", "path"),
    [
        (CSP % " 'wasm-unsafe-eval' 'unsafe-eval'", "headers", "/assets/shield-x.js"),
        ("script-src 'self' 'wasm-unsafe-eval'", "headers", "/assets/shield-x.js"),
        (CSP % " 'wasm-unsafe-eval' blob:", "headers", "/assets/shield-x.js"),
        ((CSP % " 'wasm-unsafe-eval'").replace("connect-src", "connect-src ws://x.example"), "references", "x.js"),
        (CSP % " 'wasm-unsafe-eval'", "headers", ".js"),  # a second script may compile, too
        (CSP % " 'wasm-unsafe-eval'", "headers", "/terms"),
    ],
)
async def test_a_lax_policy_of_a_worker_or_of_another_page_is_found(url: str, policy: str, red: str, path: str) -> None:
    told = lies.WorkerPolicy(policy, red, path)
    is_found(await looked_at(url, told), told)


async def test_the_worker_alone_may_compile_wasm(url: str) -> None:
    told = lies.WorkerPolicy(CSP % " 'wasm-unsafe-eval'", "")
    assert named(await looked_at(url, told), "failed") == set()


@pytest.mark.parametrize("path", ["/privacy.json", "/socket.io/"])
async def test_a_header_that_one_answer_lacks_is_missed(url: str, path: str) -> None:
    told = lies.Header("x-content-type-options", None, path=path)
    is_found(await looked_at(url, told), told)


@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/privacy.json", "/socket.io/"])
async def test_a_cookie_is_found_wherever_it_is_set(url: str, path: str) -> None:
    told = lies.Cookie(path)
    is_found(await looked_at(url, told), told)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/admin"), ("GET", "/.git/config"), ("POST", "/legal"), ("PUT", "/")]
)
async def test_an_address_that_is_not_listed_is_found(url: str, method: str, path: str) -> None:
    told = lies.Route(method, path)
    is_found(await looked_at(url, told), told)


async def test_a_page_of_another_build_is_found_though_its_list_is_right(url: str, page: Path) -> None:
    told = lies.AsksForMail((page / "index.html").read_text())
    async with lying(url, told) as liar:
        report = await audit(liar, Options(build=page / "assets.json", browser=False))
    assert named(report, "failed") == {"build", "entry"}


@pytest.mark.parametrize("lie", [lies.OthersMove, lies.AnotherRelease], ids=lambda lie: lie.__name__)
async def test_what_cannot_be_compared_is_neither_passed_nor_failed(url: str, lie: type[Lie]) -> None:
    report = await looked_at(url, lie())
    assert named(report, "failed") == set()
    assert named(report, "not checked") == lie.unchecked | WITHOUT_A_BROWSER | {"build"}
    assert report.exit_code == 0


# --- over TLS ---


@pytest.mark.parametrize("value", [None, "max-age=600", "gibberish"])
async def test_a_weak_hsts_is_found(tls_url: str, certificate: Certificate, tmp_path: Path, value: str | None) -> None:
    """By an address: `localhost` need not have any."""
    own, told = make_certificate(tmp_path, "127.0.0.1"), lies.Header("strict-transport-security", value, "https")
    async with lying(tls_url, told, own.for_server(), certificate.trusted()) as liar:
        at_address = liar.replace("localhost", "127.0.0.1")
        is_found(await audit(at_address, Options(trust=own.trusted(), build=NOWHERE, browser=False)), told)


class BadCertificate(Lie):
    red = frozenset({"tls"})


@pytest.mark.parametrize(
    ("name", "days_left", "is_trusted", "fault"),
    [
        ("localhost", -1, True, "expired"),
        ("localhost", 30, False, "self-signed"),
        ("other.example", 30, True, "Hostname mismatch"),
    ],
    ids=["expired", "foreign", "another name"],
)
async def test_a_bad_certificate_is_found_and_the_rest_is_looked_at(
    tls_url: str, certificate: Certificate, tmp_path: Path, name: str, days_left: int, is_trusted: bool, fault: str
) -> None:
    bad = make_certificate(tmp_path, name, days_left)
    trust = bad.trusted() if is_trusted else certificate.trusted()
    async with lying(tls_url, BadCertificate(), bad.for_server(), certificate.trusted()) as liar:
        report = await audit(liar, Options(trust=trust, build=NOWHERE, browser=False))
    is_found(report, BadCertificate())
    [found] = [english(check.detail) for check in report.checks if check.name == "tls"]
    assert fault in found


async def test_a_version_of_tls_that_is_not_safe_is_found(tls_url: str, certificate: Certificate) -> None:
    old, trust = certificate.for_server(), certificate.trusted()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with lying(tls_url, BadCertificate(), old, trust) as liar:
        report = await audit(liar, Options(trust=trust, build=NOWHERE, browser=False))
    is_found(report, BadCertificate())
