import subprocess
from pathlib import Path

import msgspec
import pytest

from omefree.config import Config
from omefree.errors import ConfigError
from omefree.settings import SETTINGS, load


def refused(flags: dict[str, object] | None = None, environ: dict[str, str] | None = None, file: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        load(flags or {}, environ or {}, file or None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "omefree.toml"


def test_the_defaults_serve_this_machine() -> None:
    config = load({}, {})
    assert config == Config()
    assert (config.host, config.port, config.quota_scale, config.tls) == ("localhost", 8000, 1.0, False)


def test_a_flag_beats_the_environment_which_beats_the_file(toml: Path) -> None:
    toml.write_text('port = 1\nhost = "file"\nlog_level = "error"\n')
    config = load({"port": "3", "host": None}, {"OMEFREE_PORT": "2", "OMEFREE_HOST": "environment"}, str(toml))
    assert (config.port, config.host, config.log_level) == (3, "environment", "error")


def test_the_environment_can_name_the_file(toml: Path) -> None:
    toml.write_text("port = 1")
    assert load({}, {"OMEFREE_CONFIG": str(toml)}).port == 1


def test_an_empty_variable_is_not_set_and_others_are_none_of_ours() -> None:
    assert load({}, {"OMEFREE_PORT": "", "OMEFREE_SKIP_FRONTEND": "1", "PORT": "x"}) == Config()


@pytest.mark.parametrize("given", ["https://a.example, https://b.example", ["https://a.example", "https://b.example"]])
def test_lists(given: object) -> None:
    assert load({"allowed_origins": given}, {}).allowed_origins == ("https://a.example", "https://b.example")


def test_a_list_in_the_file(toml: Path) -> None:
    toml.write_text('trusted_proxies = ["10.0.0.0/8", "::1"]')
    assert load({}, {}, str(toml)).trusted_proxies == ("10.0.0.0/8", "::1")


def test_an_unknown_variable_is_named_with_the_nearest() -> None:
    assert refused(environ={"OMEFREE_PROT": "1"}) == "there is no setting OMEFREE_PROT; did you mean OMEFREE_PORT?"


def test_an_unknown_key_is_named_with_its_file(toml: Path) -> None:
    toml.write_text("quota_sclae = 2")
    assert refused(file=str(toml)) == f"there is no setting quota_sclae in {toml}; did you mean quota_scale?"


def test_a_name_unlike_any_points_to_the_list() -> None:
    assert "docs/settings.md" in refused(environ={"OMEFREE_ZZZZZZ": "1"})


@pytest.mark.parametrize("bad", ["abc", "-1", "65536", "8000.5", "0x50"])
def test_a_bad_port_is_named_with_its_range(bad: str) -> None:
    assert refused(environ={"OMEFREE_PORT": bad}) == "OMEFREE_PORT: expected a whole number from 0 to 65535"


def test_the_stun_port_can_be_set_or_left() -> None:
    assert load({}, {}).stun_port is None
    assert load({"stun_port": "0"}, {}).stun_port == 0
    assert refused({"stun_port": "65536"}) == "--stun-port: expected a whole number from 0 to 65535"


@pytest.mark.parametrize("bad", ["nan", "inf", "0", "-1", "many"])
def test_a_bad_factor(bad: str) -> None:
    assert refused({"quota_scale": bad}) == "--quota-scale: expected a number from 0.001 to 1000000"


@pytest.mark.parametrize("path", ["", "/chat", "/a/b.c~d-e_f"])
def test_a_root_path(path: str) -> None:
    assert load({"root_path": path}, {}).root_path == path


def test_a_bad_choice() -> None:
    assert refused({"log_level": "loud"}) == "--log-level: expected one of debug, info, warning, error"


@pytest.mark.parametrize("line", ["port = true", "port = [1]", 'tls_cert = {a = "b"}', "turn_url = 5"])
def test_a_bad_type_in_the_file(toml: Path, line: str) -> None:
    toml.write_text(line)
    assert f"in {toml}: expected" in refused(file=str(toml))


def test_a_file_that_is_missing_or_not_toml(toml: Path) -> None:
    assert refused(file=str(toml)) == f"cannot read the configuration file: {toml}: No such file or directory"
    toml.write_text("port 9")
    assert refused(file=str(toml)).startswith(f"{toml} is not TOML")
    toml.write_bytes(b"\xff\xff")
    assert refused(file=str(toml)).endswith("it is not a text file")


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("allowed_origins", "example.org"),
        ("allowed_origins", "https://example.org/"),
        ("allowed_origins", "*"),
        ("allowed_origins", "null"),
        ("trusted_proxies", "proxy.example"),
        ("trusted_proxies", "10.0.0.0/99"),
        ("public_host", "https://example.org"),
        ("public_host", "example.org:80"),
        ("node", "a.b"),
        ("node", "a\n"),
        ("allowed_origins", "capacitor://"),
        ("allowed_origins", "capacitor:localhost"),
        ("root_path", "chat"),
        ("root_path", "/chat/"),
        ("root_path", "/"),
        ("root_path", "/a b"),
        ("root_path", "//chat"),
    ],
)
def test_what_only_looks_like_a_value(name: str, bad: str) -> None:
    assert refused({name: bad}).startswith(f"{name}: ")


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    environ = {"OMEFREE_TURN_SECRET_FILE": str(secret), "OMEFREE_TURN_URL": "turn:turn.example:3478"}
    config = load({}, environ)
    assert config.turn_secret == "s3cret"
    assert "s3cret" not in repr(config)
    assert load({"turn_secret": "nearer"}, environ).turn_secret == "nearer"
    both = refused(environ={**environ, "OMEFREE_TURN_SECRET": "x"})
    assert both == "set one of OMEFREE_TURN_SECRET and OMEFREE_TURN_SECRET_FILE, not both"
    assert "No such file" in refused({"turn_secret_file": str(tmp_path / "none")})


@pytest.mark.parametrize("content", ["\ufeffs3cret\n", "s3cret\nmore\n", "s3\0cret", "s3cret\u200b"])
def test_a_secret_that_nobody_can_see_whole_is_refused(tmp_path: Path, content: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(content)
    told = refused({"turn_secret_file": str(secret), "turn_url": "turn:turn.example"})
    assert str(secret) in told or told.startswith("--turn-secret-file: expected")
    assert "s3cret" not in told.replace(str(secret), "")


def test_a_redirect_needs_an_https_to_lead_to() -> None:
    assert refused({"redirect_port": "80"}).startswith("redirect_port needs tls_cert")


def test_turn_needs_both_halves() -> None:
    assert "need each other" in refused({"turn_url": "turn:turn.example"})
    assert "need each other" in refused({"turn_secret": "x"})
    assert refused({"turn_url": "stun:turn.example", "turn_secret": "x"}).startswith("turn_url: ")


def test_tls_needs_a_certificate_and_its_key(tmp_path: Path) -> None:
    cert, key, other = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "other.pem"
    for made in (key, other):
        options = [
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=localhost",
        ]
        subprocess.run(
            ["openssl", "req", *options, "-keyout", made, "-out", cert if made is key else tmp_path / "c2.pem"],
            check=True,
            capture_output=True,
        )
    assert load({"tls_cert": str(cert), "tls_key": str(key)}, {}).tls
    assert "need each other" in refused({"tls_cert": str(cert)})
    assert "is not the key of the first certificate" in refused({"tls_cert": str(cert), "tls_key": str(other)})
    assert refused({"tls_cert": "/none.pem", "tls_key": str(key)}).startswith("cannot read tls_cert")


def test_every_setting_is_explained_and_there_are_few() -> None:
    assert len(SETTINGS) <= 42
    for setting in SETTINGS.values():
        assert setting.text and not setting.text.endswith(".")
        assert (setting.base in (int, float)) == (setting.range is not None)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Config().port = 1  # type: ignore[misc]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"nothing": 1}, Config)
