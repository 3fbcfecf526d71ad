"""The certificate that is served, and the renewed one as soon as its files have changed: no restart is needed."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from omefree.errors import CertificateError
from omefree.logs import log
from omefree.operator.certificate import Certificate, Dates, dates, load
from omefree.operator.file import Stamp, stamp

LOOK_EVERY_S = 2.0
DATES_EVERY_S = 24 * 3600.0


class ServedContext(ssl.SSLContext):
    """Stands for whichever TLS context is the newest: each new connection takes that one, and keeps it."""

    newest: ssl.SSLContext

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """What uvloop begins each connection's TLS with."""
        return self.newest.wrap_bio(*args, **options)


class Renewal:
    """Serves the certificate in two files. One that is not good changes nothing, and a line of the log says why."""

    def __init__(self, cert: str, key: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Raises CertificateError."""
        self.context = ServedContext(ssl.PROTOCOL_TLS_SERVER)
        self._files = cert, key
        self._now = now
        self._seen = self._stamps()
        self._is_changing = False
        self._serve(load(cert, key))

    def look(self) -> None:
        """Serves what is in the files once they have changed and then stayed the same until the next look.

        Between the two, whoever renews them is not done: there is a new key beside the old certificate.
        """
        seen = self._stamps()
        if seen != self._seen:
            self._seen, self._is_changing = seen, True
        elif self._is_changing:
            self.reload()

    def reload(self) -> None:
        """Serves what is in the files now. By its dates alone one is refused only if the one before is good."""
        self._seen, self._is_changing = self._stamps(), False
        try:
            new = load(*self._files)
        except CertificateError as error:
            log.warning("certificate_kept", reason=error.reason)
            return
        wrong, before = dates(new, self._now()), dates(self._certificate, self._now())
        if is_refused(wrong) and not is_refused(before):
            log.warning("certificate_kept", reason=wrong.reason)
            return
        self._serve(new)
        log.info("certificate_served", days=max((new.ends - self._now()).days, 0))

    def warn(self) -> None:
        """Says it if the certificate has expired, or soon will."""
        if wrong := dates(self._certificate, self._now()):
            log.warning("certificate_dates", reason=wrong.reason, days=wrong.days)

    def _serve(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self.context.newest = certificate.context

    def _stamps(self) -> list[Stamp | None]:
        return [stamp_of(path) for path in self._files]


def is_refused(wrong: Dates | None) -> TypeGuard[Dates]:
    """Whether browsers refuse a certificate of which this is wrong."""
    return wrong is not None and wrong.reason != "expires_soon"


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a file; None if there is none, or none to be seen."""
    try:
        return stamp(Path(path).stat())
    except OSError:
        return None
