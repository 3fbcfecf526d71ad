"""A small HTTP client that trusts nobody: every answer has a deadline and a size, and is remembered for the audit.

One connection for each request, no redirects followed, no cookie kept, nothing but identity encoding.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httptools
from msgspec import Struct

from omefree.audit.check import broken
from omefree.errors import NotChecked
from omefree.privacy.observatory import Headers

ANSWER_S = 15.0  # for a whole answer, however it trickles; the sealing itself gives up after 10
HEAD_BYTES_MAX = 65_536
BODY_BYTES_MAX = 8_388_608  # the largest file of the page has a few hundred kilobytes
READ_BYTES = 65_536


class Site(Struct, frozen=True):
    """Where a server is. `host` as in a URL: an IPv6 address in brackets."""

    secure: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}"

    @property
    def name(self) -> str:
        """For sockets and certificates."""
        return self.host.strip("[]")


class Answer(Struct, frozen=True):
    """Header names in lower case, in the order in which they came."""

    method: str
    path: str
    status: int
    headers: Headers
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Web:
    """What a site answers. `answers` are all that came, in order."""

    def __init__(self, site: Site, tls: ssl.SSLContext | None, answer_s: float = ANSWER_S) -> None:
        self.site = site
        self.tls = tls
        self.answers: list[Answer] = []
        self._answer_s = answer_s
        self._pages: dict[str, Answer | NotChecked] = {}

    async def page(self, path: str) -> Answer:
        """A GET of what does not change meanwhile: asked for once, also in vain. Raises NotChecked."""
        if path not in self._pages:
            try:
                self._pages[path] = await self.ask(path)
            except NotChecked as error:
                self._pages[path] = error
        page = self._pages[path]
        if isinstance(page, NotChecked):
            raise page
        return page

    async def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes = b"",
        most: int = BODY_BYTES_MAX,
    ) -> Answer:
        """Raises NotChecked: no answer, none that is HTTP, or a body of more than `most` bytes."""
        reader = Reader(most)
        try:
            async with asyncio.timeout(self._answer_s), self._connection() as (incoming, outgoing):
                outgoing.transport.write(self._request(method, path, headers or {}, body))
                while not reader.is_done and (data := await incoming.read(READ_BYTES)):
                    reader.feed(data)
        except TimeoutError:
            raise broken("silent", path=path) from None
        except OSError:
            raise broken("broke", path=path) from None
        if fault := reader.closed():
            raise broken(fault, path=path)
        answer = Answer(method, path, reader.status, tuple(reader.headers), bytes(reader.body))
        self.answers.append(answer)
        return answer

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        incoming, outgoing = await asyncio.open_connection(self.site.name, self.site.port, ssl=self.tls)
        try:
            yield incoming, outgoing
        finally:
            outgoing.transport.abort()

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        own = {"Host": self.site.authority, "Connection": "close", "Accept-Encoding": "identity"}
        if body or method in ("POST", "PUT"):
            own["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**own, **headers}.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Reader:
    """One answer, as it comes: httptools calls the methods `on_...`. After an upgrade there is no body."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.is_whole = False
        self._fault: str | None = None
        self._most = most
        self._head_bytes = 0
        self._is_in_body = False
        self._ends_with_connection = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def is_done(self) -> bool:
        return self.is_whole or self._fault is not None

    def feed(self, data: bytes) -> None:
        if not self._is_in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_whole = True
        except httptools.HttpParserError:
            self._fault = "not_http"
        if len(self.body) > self._most or (not self._is_in_body and self._head_bytes > HEAD_BYTES_MAX):
            self._fault = "endless"

    def closed(self) -> str | None:
        """No more comes: what is wrong with the answer, as a line of the audit."""
        if self._fault is None and not self.is_whole and not (self._is_in_body and self._ends_with_connection):
            self._fault = "broke"
        return self._fault

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._is_in_body = self.status >= 200  # else the real answer follows
        self._ends_with_connection = not {"content-length", "transfer-encoding"} & {name for name, _ in self.headers}
        if self.status < 200 and self.status != 101:
            self.headers.clear()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = self.status >= 200 or self.status == 101
