"""Throwaway certificates: a good one, one that is too old, one for another name, one from an authority's authority."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Certificate(NamedTuple):
    """The files of a certificate and its key."""

    cert: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """A client that takes this certificate for good, if its name and its days are."""
        return ssl.create_default_context(cafile=self.cert)


class Issuer(NamedTuple):
    """Who signs: a name, a key, and the certificates that lead from it to its root, PEM."""

    name: x509.Name
    key: PrivateKey
    chain: bytes = b""


def make_certificate(
    folder: Path,
    name: str = "localhost",
    days_left: int = 30,
    issuer: Issuer | None = None,
    key: PrivateKey | None = None,
) -> Certificate:
    """For a name or an address. Signed by itself, or by an issuer, whose chain is then in the file, too."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = named(name)
    by = issuer or Issuer(subject, key)
    made = Certificate(folder / f"{name}{days_left}.pem", folder / f"{name}{days_left}.key")
    made.cert.write_bytes(
        signed(subject, key, by, days_left, x509.SubjectAlternativeName([general_name(name)])) + by.chain
    )
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def make_authorities(folder: Path) -> tuple[Path, Issuer]:
    """A root, as the file to trust, and the authority below it that signs."""
    root = Issuer(named("root"), ec.generate_private_key(ec.SECP256R1()))
    between = ec.generate_private_key(ec.SECP256R1())
    ours = x509.BasicConstraints(ca=True, path_length=None)
    (folder / "root.pem").write_bytes(signed(root.name, root.key, root, 30, ours))
    chain = signed(named("between"), between, root, 30, ours)
    return folder / "root.pem", Issuer(named("between"), between, chain)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def signed(subject: x509.Name, key: PrivateKey, by: Issuer, days_left: int, extension: x509.ExtensionType) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + days_left * DAY)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(by.key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)
