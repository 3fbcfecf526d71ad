"""Settings and files that are wrong in every way: a sentence each, on one line, and exit code 2."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from omefree import cli
from omefree.settings import SETTINGS, Setting, load, service_links
from tests.test_cli import omefree

BOM = b"\xef\xbb\xbf"


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OMEFREE_")]:
        monkeypatch.delenv(name)


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The sentence with which a check of settings ends."""
    assert cli.run(["serve", "--check-config", *args]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1), err
    assert err.startswith("omefree: ")
    assert "Traceback" not in err
    return err


# --- each setting, by type and range ---

NUMBERS = {name: setting for name, setting in SETTINGS.items() if setting.range is not None}
NO_NUMBERS = ["", " ", "x", "0x10", "1e", "1,5", "ten", "None", "1 2", "٣", "9" * 5_000, "\0", "\udcff"]
WRONG_TYPES = ["true", "{a = 1}", "[[1]]", "1979-05-27", "[{}]"]


def just_outside(setting: Setting) -> list[str]:
    assert setting.range is not None
    low, high = setting.range
    return [str(low - 1), str(high + 1), "-inf", "inf", "nan"]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_or_out_of_range(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    setting = NUMBERS[name]
    for given in [given for given in NO_NUMBERS + just_outside(setting) if given]:  # an empty flag is not set
        said = refused(capsys, f"{setting.flag}={given}")
        assert f"{setting.flag}: expected" in said
        assert str(setting.range and setting.range[0]) in said


@pytest.mark.parametrize("name", SETTINGS)
def test_a_value_of_another_type_in_the_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "omefree.toml"
    for given in WRONG_TYPES:
        file.write_text(f"{name} = {given}\n")
        assert f"{name} in {file}: expected" in refused(capsys, "--config", str(file))


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if not setting.can_be_empty])
def test_nothing_where_something_is_needed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "omefree.toml"
    file.write_text(f'{name} = ""\n')
    assert f"{name} in {file}: expected" in refused(capsys, "--config", str(file))


TEXTS = [name for name, setting in SETTINGS.items() if setting.base is str or setting.many]


@pytest.mark.parametrize("name", TEXTS)
def test_a_zero_character_in_a_text(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "omefree.toml"
    file.write_text(f'{name} = "a\\u0000b"\n')
    assert f"{name} in {file}: there is a zero character in it" in refused(capsys, "--config", str(file))


@pytest.mark.parametrize("name", [name for name in TEXTS if not SETTINGS[name].is_path])
def test_bytes_that_are_no_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    flag = SETTINGS[name].flag
    assert f"{flag}: expected" in refused(capsys, flag, "a\udcffb")


SINGLE = ["--exchange", "valkey://localhost", "--exchange-secret", "x" * 32]
CERTIFIED = ["--exchange-cert", "/etc/passwd", "--exchange-key", "/etc/passwd"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--tls-cert", "/etc/passwd"], "tls_cert and tls_key need each other"),
        (["--tls-key", "/etc/passwd"], "tls_cert and tls_key need each other"),
        (["--turn-url", "turn:turn.example:3478"], "turn_url and turn_secret need each other"),
        (["--turn-secret", "x"], "turn_url and turn_secret need each other"),
        (["--exchange", "valkey://localhost"], "exchange needs exchange_secret"),
        (["--exchange-secret", "x" * 32], "exchange_secret needs exchange"),
        (["--exchange-sentinel", "a:b"], "exchange_sentinel needs exchange"),
        (["--drain-s", "3"], "drain_notice_s is a part of drain_s"),
        (["--exchange-cert", "/etc/passwd"], "exchange_cert needs exchange"),
        ([*SINGLE, "--exchange-sentinel", "a:b"], "exchange_sentinel: expected user:password"),
        ([*SINGLE, "--exchange-cert", "/etc/passwd"], "exchange_cert and exchange_key need each other"),
        ([*SINGLE, *CERTIFIED], "exchange_cert is for a connection with TLS"),
        (["--exchange", "valkeys://localhost", *SINGLE[2:], *CERTIFIED], "expected a PEM certificate and its key"),
        (["--exchange", "http://localhost", "--exchange-secret", "x" * 32], "exchange: it begins with valkey://"),
        (["--exchange", "valkey://localhost", "--exchange-secret", "x" * 31], "32 characters at least"),
        (["--exchange", "valkey://localhost", "--exchange-secret", ",".join("abc" * 32)], "32 characters at least"),
        (["--exchange", "valkey://127.0.0.1:1", "--exchange-secret", "x" * 32], "127.0.0.1:1: nothing answers there"),
        (["--turn-secret", "x", "--turn-secret-file", "/etc/hostname"], "set one of --turn-secret and"),
        (["--port", "9464", "--metrics-port", "9464"], "port and metrics_port are both 9464"),
        (["--redirect-port", "80", "--metrics-port", "80"], "redirect_port and metrics_port are both 80"),
        (["--trusted-proxies", "localhost,everybody"], "everybody is not an address or a network"),
    ],
)
def test_what_does_not_go_together(flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sentence in refused(capsys, *flags)


# --- files ---


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda path: None, "No such file or directory"),
    "a folder": (Path.mkdir, "Is a directory"),
    "nothing": (Path.touch, "it is empty"),
    "spaces": (written(b" \n\n"), "it is empty"),
    "a byte order mark": (written(BOM + b"port = 9000\n"), "byte order mark"),
    "UTF-16": (written("port = 9000\n".encode("utf-16")), "UTF-16"),
    "binary": (written(b"\x7fELF\x02\x01\x01\0\0\0"), "not a text file"),
    "another encoding": (written("operator = 'José'\n".encode("latin-1")), "not a text file"),
    "2 MB": (written(b"#" * 2_000_000), "larger than 1024 KiB"),
    "no end": (lambda path: path.symlink_to("/dev/zero"), "larger than 1024 KiB"),
    "a pipe of nobody": (os.mkfifo, "it is empty"),
    "a circle of links": (lambda path: path.symlink_to(path), "symbolic links"),
}
NO_TOML = {
    "no TOML": b"port 9000\n",
    "half a line": b'host = "loc',
    "twice": b"port = 1\nport = 2\n",
    "nested": b"a = " + b"[" * 50_000 + b"\n",
    "a number of 5,000 digits": b"port = " + b"9" * 5_000 + b"\n",
}


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.parametrize("flag", ["--config", "--turn-secret-file", "--tls-cert"])
def test_a_file_that_cannot_be_read(what: str, flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, sentence = UNREADABLE[what]
    make(tmp_path / "file")
    key = ["--tls-key", __file__] if flag == "--tls-cert" else []
    said = refused(capsys, flag, str(tmp_path / "file"), *key)
    assert sentence in said
    assert str(tmp_path / "file") in said


@pytest.mark.parametrize("what", NO_TOML)
def test_a_file_that_is_not_toml(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "omefree.toml"
    file.write_bytes(NO_TOML[what])
    assert f"{file} is not TOML" in refused(capsys, "--config", str(file))


def test_a_secret_of_two_lines_is_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("first\nsecond\n")
    assert "one line" in refused(capsys, "--turn-secret-file", str(tmp_path / "file"))


BAD_ORDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "no regular file"),
    "nothing": (Path.touch, "not complete"),
    "a byte order mark": (written(BOM + b'forgiven = 0\nblocked = []\nstate = "open"\n'), "byte order mark"),
    "binary": (written(b"\xff\xfe\n"), "no UTF-8 text"),
    "2 MB": (written(b"#" * 2_000_000 + b"\n"), "larger than 256 KiB"),
    "no TOML": (written(b"nonsense\n"), "not TOML"),
    "another state": (written(b'forgiven = 0\nblocked = []\nstate = "shut"\n'), "none of open, text-only and frozen"),
    "a pipe": (os.mkfifo, "no regular file"),
}


@pytest.mark.parametrize("what", BAD_ORDERS)
def test_a_control_file_that_cannot_be_obeyed(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, sentence = BAD_ORDERS[what]
    file = tmp_path / "control.toml"
    make(file)
    assert sentence in refused(capsys, "--control-file", str(file))
    assert cli.run(["freeze", "--control-file", str(file)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_control_file_in_no_folder_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["serve", "--check-config", "--control-file", str(tmp_path / "none/control.toml")]) == 0
    assert f"there is no folder {tmp_path / 'none'}" in capsys.readouterr().err


# --- Kubernetes ---

LINKS = {
    "OMEFREE_PORT": "tcp://10.0.0.7:8000",
    "OMEFREE_SERVICE_HOST": "10.0.0.7",
    "OMEFREE_SERVICE_PORT": "8000",
    "OMEFREE_SERVICE_PORT_HTTP": "8000",
    "OMEFREE_PORT_8000_TCP": "tcp://10.0.0.7:8000",
    "OMEFREE_PORT_8000_TCP_PROTO": "tcp",
    "OMEFREE_PORT_8000_TCP_PORT": "8000",
    "OMEFREE_PORT_8000_TCP_ADDR": "10.0.0.7",
    "OMEFREE_STUN_PORT": "udp://10.0.0.8:3478",
    "OMEFREE_STUN_SERVICE_PORT_STUN_UDP": "3478",
    "OMEFREE_TURN_SERVER_PORT": "tcp://[fd00::7]:3478",
}


def test_what_kubernetes_sets_is_no_setting() -> None:
    assert load({}, LINKS) == load({}, {})
    assert service_links(LINKS | {"OMEFREE_HOST": "::", "PATH": "/bin"}) == sorted(LINKS)


def test_a_port_that_is_a_number_is_ours() -> None:
    assert load({}, LINKS | {"OMEFREE_PORT": "9000"}).port == 9000


@pytest.mark.parametrize("name", ["OMEFREE_PROT", "OMEFREE_SERVICE", "OMEFREE_PORT_X"])
def test_a_slip_is_still_one(name: str) -> None:
    done = omefree("--check-config", **{name: "1"})
    assert (done.returncode, "there is no setting" in done.stderr) == (2, True)


def test_they_are_said_once() -> None:
    done = omefree("--check-config", **LINKS)
    assert done.returncode == 0
    [line] = [line for line in done.stderr.splitlines() if "Kubernetes" in line]
    assert all(re.search(rf"\b{name}\b", line) for name in LINKS)
