"""The server's certificate in its two files: what is wrong with it in a sentence, and until when it is good."""

import ssl
from datetime import datetime, timedelta

from msgspec import Struct

from omefree.errors import CertificateError, CertificateReason, ConfigError
from omefree.textfile import read_text

OP_CLEANSE_PLAINTEXT = 0x2  # OpenSSL 3.0, SSL_CTX_set_options(3); the ssl module has no name for it
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
KEY = "PRIVATE KEY-----"
ENCRYPTED = ("BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")  # RFC 7468, section 11; RFC 1421, 4.6.1.1
ANOTHER_KEY = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")  # the last: of another kind
SOON = timedelta(days=14)  # those that renew themselves do so 30 days before (Let's Encrypt): by then two weeks failed
DAY = timedelta(days=1)


class Certificate(Struct, frozen=True):
    """A certificate that can be served, and the times (UTC) between which browsers take it."""

    context: ssl.SSLContext
    begins: datetime
    ends: datetime


class Chain(Struct, frozen=True):
    """The dates (UTC) of the first certificate in a file.

    `is_reversed`: it has signed a later one, so it is not the server's own.
    """

    begins: datetime
    ends: datetime
    is_reversed: bool


class Dates(Struct, frozen=True):
    """What is wrong with a certificate's dates, and how many days ago or ahead that is."""

    reason: str
    days: int


def load(cert: str, key: str) -> Certificate:
    """The certificate in these files. Raises CertificateError."""
    texts = text_of(cert, "tls_cert", "unreadable_certificate"), text_of(key, "tls_key", "unreadable_key")
    check_kinds(cert, key, *texts)
    chain = chain_of(cert, texts[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The empty pass phrase: with none, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(cert, key, password="")
    except OSError as error:  # of OpenSSL, or of a file that has just gone
        raise refused(cert, key, chain, error) from None
    context.options |= OP_CLEANSE_PLAINTEXT  # decrypted bytes are wiped once they have been read
    return Certificate(context, chain.begins, chain.ends)


def dates(certificate: Certificate, now: datetime) -> Dates | None:
    """What is wrong with the dates at a time (UTC); None if nothing is, and will not be for two weeks."""
    if now >= certificate.ends:
        return Dates("expired", (now - certificate.ends) // DAY)
    if now < certificate.begins:
        return Dates("not_yet_valid", (certificate.begins - now) // DAY)
    left = certificate.ends - now
    return Dates("expires_soon", left // DAY) if left < SOON else None


def told(certificate: Certificate, wrong: Dates) -> str:
    """What is wrong with the dates, as a sentence."""
    begins, ends = f"{certificate.begins:%Y-%m-%d %H:%M} UTC", f"{certificate.ends:%Y-%m-%d %H:%M} UTC"
    match wrong.reason:
        case "expired":
            return f"the certificate in tls_cert expired on {ends}: browsers refuse it, so renew it"
        case "not_yet_valid":
            return f"the certificate in tls_cert is not valid before {begins}: is this machine's clock right?"
        case _:
            return f"the certificate in tls_cert expires on {ends}: renew it before"


def text_of(path: str, what: str, reason: CertificateReason) -> str:
    """The text of a file. Raises CertificateError with this reason if it has none."""
    try:
        return read_text(path, what)
    except ConfigError as error:
        raise CertificateError(reason, str(error)) from None


def check_kinds(cert_path: str, key_path: str, cert: str, key: str) -> None:
    """Raises CertificateError unless one file has a certificate, and the other one a key that can be read."""
    if CERTIFICATE not in cert:
        also = ", but a private key: are tls_cert and tls_key swapped?" if KEY in cert else f" ({CERTIFICATE})"
        raise CertificateError("no_certificate", f"tls_cert: {cert_path} has no PEM certificate{also}")
    if KEY not in key:
        raise CertificateError("no_key", f"tls_key: {key_path} has no PEM private key (-----BEGIN {KEY})")
    if any(mark in key for mark in ENCRYPTED):
        raise CertificateError(
            "encrypted_key",
            f"tls_key: {key_path} is encrypted, and nobody is there to type its pass phrase: "
            f"openssl pkey -in {key_path} -out plain.pem writes it without one",
        )


def chain_of(path: str, text: str) -> Chain:
    """What the certificates of a file say. Raises CertificateError."""
    from cryptography import x509  # only where there is TLS: it takes a tenth of a second and 10 MB

    try:
        first, *later = x509.load_pem_x509_certificates(text.encode())
        is_reversed = any(each.issuer == first.subject for each in later)
        return Chain(first.not_valid_before_utc, first.not_valid_after_utc, is_reversed)
    except ValueError:
        raise CertificateError("damaged", f"tls_cert: {path} is damaged: a certificate in it cannot be read") from None


def refused(cert: str, key: str, chain: Chain, error: OSError) -> CertificateError:
    """Why OpenSSL does not take certificate or key."""
    reason = getattr(error, "reason", None) or ""
    is_another = reason in ANOTHER_KEY
    if is_another and chain.is_reversed:
        return CertificateError(
            "wrong_order",
            f"tls_cert: the certificates in {cert} are in the wrong order: "
            "the server's own is the first, behind it the one that signed it, and so on",
        )
    if is_another:
        return CertificateError("wrong_key", f"tls_key: {key} is not the key of the first certificate in {cert}")
    if reason.endswith(("TOO_SMALL", "TOO_WEAK")):
        return CertificateError(
            "weak", f"tls_cert: OpenSSL refuses {cert} as too weak ({reason.lower().replace('_', ' ')}): make a new one"
        )
    return CertificateError("damaged", f"tls_key: {key} is damaged, or of a kind that OpenSSL does not know")
