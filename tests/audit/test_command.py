"""`omefree audit` as somebody types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.certificates import Certificate
from tests.test_cli import omefree, refused


def test_something_is_looked_at() -> None:
    assert "--pid" in refused("audit")


def test_a_process_that_is_not_there() -> None:
    done = omefree("audit", "--pid", "4194304", "--json", "--lang", "fr")
    told = json.loads(done.stdout)
    assert (done.returncode, told["pid"]) == (2, 4_194_304)
    assert {check["result"] for check in told["checks"]} == {"not checked"}


@pytest.mark.parametrize(("lang", "words"), [("en", "lets nobody in"), ("fr", "ne laisse entrer personne")])
def test_nobody_is_there(lang: str, words: str) -> None:
    assert words in refused("audit", "127.0.0.1:1", "--lang", lang)


def test_a_table_and_the_exit_code(url: str) -> None:
    done = omefree("audit", url, "--no-browser", LC_ALL="fr_FR.UTF-8", PYTHONUTF8="1")
    assert done.stderr == ""
    assert "✓ réussi         seal" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_certificate_authority_of_ones_own(tls_url: str, certificate: Certificate) -> None:
    done = omefree("audit", tls_url, "--no-browser", "--json", SSL_CERT_FILE=str(certificate.cert))
    told = json.loads(done.stdout)
    assert {check["name"]: check["result"] for check in told["checks"]}["tls"] == "passed"


def test_a_terminal_that_knows_only_ascii(url: str) -> None:
    done = omefree("audit", url, "--no-browser", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.stderr, "? passed         seal" in done.stdout) == ("", True)


def test_without_the_packages_of_the_chat(tmp_path: Path) -> None:
    (tmp_path / "cryptography.py").write_text("raise ModuleNotFoundError('no', name='cryptography')")
    source = str(Path(sys.modules["omefree"].__file__ or "").parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "omefree", "audit", "localhost"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), source])},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "omefree: the audit needs two more packages: pip install 'omefree[chat]'\n"
