"""Throwaway certificates: a good one, one that is too old, one for another name."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


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


def make_certificate(folder: Path, name: str = "localhost", days_left: int = 30) -> Certificate:
    """Signed by itself, for a name or an address."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + days_left * DAY)
        .add_extension(x509.SubjectAlternativeName([general_name(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / f"{name}{days_left}.pem", folder / f"{name}{days_left}.key")
    made.cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
