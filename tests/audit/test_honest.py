"""An honest server is green, in every way to reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omefree.audit.check import AuditReport
from omefree.audit.outside import CHECKS, Options, audit
from omefree.audit.process import CHECKS as ON_THE_HOST
from omefree.audit.report import Table
from omefree.privacy.claims import CLAIMS
from omefree.words.catalogue import catalogue
from tests.certificates import Certificate
from tests.test_server import running
from tests.words.speak import english

OF_TLS = {"https", "tls"}


def not_passed(report: AuditReport) -> dict[str, str]:
    others = [check for check in report.checks if check.result != "passed"]
    return {check.name: f"{check.result}: {english(check.detail)}" for check in others}


async def test_over_http(url: str, page: Path) -> None:
    report = await audit(url, Options(build=page / "assets.json", browser=False))
    others = not_passed(report)
    assert {name for name, why in others.items() if why.startswith("not applicable")} == OF_TLS
    assert {name for name, why in others.items() if why.startswith("not checked")} == {"requests", "storage"}
    assert (set(others), report.exit_code) == (OF_TLS | {"requests", "storage"}, 0)


async def test_over_tls(tls_url: str, page: Path, certificate: Certificate) -> None:
    trust = certificate.trusted()
    report = await audit(tls_url, Options(trust=trust, build=page / "assets.json", browser=False))
    assert set(not_passed(report)) == {"requests", "storage"}
    assert report.exit_code == 0


async def test_with_a_relay_and_a_contact_and_narrow_quotas(page: Path) -> None:
    flags = ("--turn-url", "turn:127.0.0.1:9", "--turn-secret", "a secret", "--contact", "us@chat.example")
    with running(page, "--stun-port", "0", "--quota-scale", "0.7", *flags) as server:
        report = await audit(server.url, Options(build=page / "assets.json", browser=False))
        assert set(not_passed(report)) == OF_TLS | {"requests", "storage"}
        details = {check.name: english(check.detail) for check in report.checks}
        assert "turn:127.0.0.1:9" in details["ice"]
        assert "us@chat.example" in details["contact"]
        assert server.stop() == 0


@pytest.mark.parametrize("lang", catalogue().languages)
async def test_the_table_fits_eighty_columns_and_says_each_check_in_each_language(url: str, lang: str) -> None:
    report = await audit(url, Options(browser=False))
    shown = Table(catalogue().words(lang)).of_server(report)
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    for name in CHECKS:
        assert name in shown.split()
    for claim in CLAIMS:
        assert claim.id in shown or not claim.audit
    assert "{" not in shown
    assert ("réussi" in shown) is (lang == "fr")


def test_every_claim_names_the_checks_that_look_at_it() -> None:
    named = [name for claim in CLAIMS for name in claim.audit]
    assert sorted(named) == sorted([*CHECKS, *ON_THE_HOST])
