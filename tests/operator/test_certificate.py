"""What is wrong with a certificate is named, and until when it is good."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from omefree import cli
from omefree.errors import CERTIFICATE_REASONS, CertificateError
from omefree.operator.certificate import Certificate, dates, load, told
from omefree.operator.renewing import Renewal
from tests.certificates import DAY, make_certificate
from tests.privacy.planted import quiet

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem_of(key: Key, password: bytes = b"", *, old_form: bool = False) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL if old_form else serialization.PrivateFormat.PKCS8
    sealed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, sealed)


def signed(name: str, key: Key, issuer: str, issuer_key: Key) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 60 * DAY)
        .sign(issuer_key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


LEAF_KEY, ROOT_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
LEAF, ROOT = signed("chat.example", LEAF_KEY, "root", ROOT_KEY), signed("root", ROOT_KEY, "root", ROOT_KEY)
KEY = pem_of(LEAF_KEY)
DER = b"\x30\x82\x01\x00"


def small() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(65_537, 1024)
    return signed("chat.example", key, "chat.example", key), pem_of(key)


def made_of(cert: bytes, key: bytes) -> Callable[[Path, Path], None]:
    def make(cert_file: Path, key_file: Path) -> None:
        cert_file.write_bytes(cert)
        key_file.write_bytes(key)

    return make


def folder_for_key(cert: Path, key: Path) -> None:
    cert.write_bytes(LEAF)
    key.mkdir()


BAD = {
    "another key": (made_of(LEAF, pem_of(ROOT_KEY)), "wrong_key", "is not the key of the first certificate"),
    "another kind of key": (made_of(LEAF, small()[1]), "wrong_key", "is not the key of the first certificate"),
    "the chain in reverse": (made_of(ROOT + LEAF, KEY), "wrong_order", "wrong order: the server's own is the first"),
    "a pass phrase": (made_of(LEAF, pem_of(LEAF_KEY, b"x")), "encrypted_key", "openssl pkey -in"),
    "an old pass phrase": (made_of(LEAF, pem_of(LEAF_KEY, b"x", old_form=True)), "encrypted_key", "openssl pkey -in"),
    "swapped": (made_of(KEY, LEAF), "no_certificate", "swapped?"),
    "no certificate": (made_of(b"# nothing\n", KEY), "no_certificate", "no PEM certificate"),
    "no key": (made_of(LEAF, LEAF), "no_key", "no PEM private key"),
    "a byte order mark": (made_of(b"\xef\xbb\xbf" + LEAF, KEY), "unreadable_certificate", "byte order mark"),
    "a byte order mark before the key": (made_of(LEAF, b"\xef\xbb\xbf" + KEY), "unreadable_key", "byte order mark"),
    "UTF-16": (made_of(LEAF.decode().encode("utf-16"), KEY), "unreadable_certificate", "save it as UTF-8"),
    "DER": (made_of(DER, KEY), "unreadable_certificate", "not a text file"),
    "nothing": (made_of(b"", KEY), "unreadable_certificate", "it is empty"),
    "a huge file": (made_of(LEAF + b"#" * 2_000_000, KEY), "unreadable_certificate", "larger than"),
    "half a certificate": (made_of(LEAF[:200], KEY), "damaged", "cannot be read"),
    "letters changed": (made_of(LEAF.replace(b"MII", b"AAA", 1), KEY), "damaged", "cannot be read"),
    "half a key": (made_of(LEAF, KEY[:100]), "damaged", "tls_key"),
    "1,024 bits": (made_of(*small()), "weak", "key too small"),
    "a folder": (folder_for_key, "unreadable_key", "Is a directory"),
    "no file": (lambda cert, key: key.write_bytes(KEY), "unreadable_certificate", "No such file"),
}


@pytest.mark.parametrize("what", BAD)
def test_each_cause_is_named_in_one_line(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    make, reason, sentence = BAD[what]
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make(cert, key)
    with pytest.raises(CertificateError) as refused:
        load(str(cert), str(key))
    assert refused.value.reason == reason
    assert cli.run(["serve", "--check-config", "--tls-cert", str(cert), "--tls-key", str(key)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err


def test_every_reason_has_its_case() -> None:
    assert {reason for _, reason, _ in BAD.values()} == set(CERTIFICATE_REASONS)


def test_a_chain_in_its_order_is_good(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made_of(LEAF + ROOT, KEY)(cert, key)
    assert isinstance(load(str(cert), str(key)), Certificate)


@pytest.mark.parametrize(
    ("days_on", "reason", "days", "sentence"),
    [
        (0, None, 0, ""),
        (15, None, 0, ""),
        (16.5, "expires_soon", 13, "expires on"),
        (29.5, "expires_soon", 0, "expires on"),
        (30.5, "expired", 0, "expired on"),
        (33, "expired", 3, "expired on"),
        (-61.5, "not_yet_valid", 1, "clock"),
    ],
)
def test_dates(tmp_path: Path, days_on: float, reason: str | None, days: int, sentence: str) -> None:
    made = make_certificate(tmp_path)  # begun 60 days ago, good for 30 more
    certificate = load(str(made.cert), str(made.key))
    wrong = dates(certificate, certificate.ends + (days_on - 30) * DAY)
    assert (wrong and wrong.reason) == reason
    if wrong is not None:
        assert wrong.days == days
        assert sentence in told(certificate, wrong)


@pytest.mark.parametrize(("days_left", "warned"), [(-1, "expired on"), (3, "expires on"), (60, None)])
def test_check_config_warns_of_dates(
    tmp_path: Path, days_left: int, warned: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_certificate(tmp_path, days_left=days_left)
    flags = ["--max-connections", "100", "--tls-cert", str(made.cert), "--tls-key", str(made.key)]
    assert cli.run(["serve", "--check-config", *flags]) == 0
    out, err = capsys.readouterr()
    assert (warned or "") in err
    assert out == ("The settings can be used, but see the warnings.\n" if warned else "The settings are good.\n")


@pytest.mark.parametrize(
    ("days_left", "said"),
    [
        (-3, "event=certificate_dates reason=expired days=3"),
        (5, "event=certificate_dates reason=expires_soon days=4"),
        (60, ""),
    ],
)
def test_a_running_server_says_it_too(tmp_path: Path, days_left: int, said: str) -> None:
    made = make_certificate(tmp_path, days_left=days_left)
    with quiet() as log:
        Renewal(str(made.cert), str(made.key)).warn()
    assert all(word in log.getvalue().split() for word in said.split())
    assert (log.getvalue() == "") is (said == "")


def test_a_good_certificate_does_not_make_way_for_an_expired_one(tmp_path: Path) -> None:
    good, expired = make_certificate(tmp_path), make_certificate(tmp_path, days_left=-1)
    fresh = make_certificate(tmp_path, days_left=90)
    files = good.cert, good.key
    with quiet() as log:
        renewal = Renewal(str(good.cert), str(good.key))
        served = renewal.context.newest
        for new, said in ((expired, "certificate_kept reason=expired"), (fresh, "certificate_served days=")):
            for file, other in zip(files, (new.cert, new.key), strict=True):
                file.write_bytes(other.read_bytes())
            renewal.reload()
            assert said in log.getvalue()
            assert (renewal.context.newest is served) is (new is expired)
