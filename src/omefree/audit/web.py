"""A small HTTP client that trusts nobody: every answer has a deadline and a size, and is kept for the audit.

It opens one connection for each request, follows no redirect, keeps no cookie and accepts no encoding but identity.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from string import punctuation
from urllib.parse import quote

import h11
from msgspec import Struct

from omefree.audit.check import broken
from omefree.audit.headers import Headers, values
from omefree.client.http import HEAD_BYTES_MAX, TOO_LONG, read
from omefree.errors import NotChecked

ANSWER_S = 15.0  # for a whole answer, however slowly it comes; the sealing itself gives up after 10 s
BODY_BYTES_MAX = 8_388_608  # the largest file of the page, the shield's weights, has 4.3 MB


class Site(Struct, frozen=True):
    """Where a server is. `host` is as in a URL: an IPv6 address has brackets. `root` is the path below which it is."""

    secure: bool
    host: str
    port: int
    root: str = ""

    @property
    def authority(self) -> str:
        """The host, and the port if it is not the scheme's usual one."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The scheme and the authority, as in `https://chat.example`."""
        return f"{'https' if self.secure else 'http'}://{self.authority}"

    @property
    def base(self) -> str:
        """What stands before each path of the server, as in `https://example.org/chat`."""
        return self.origin + self.root

    @property
    def name(self) -> str:
        """The host for sockets and certificates, without brackets."""
        return self.host.strip("[]")


class Response(Struct, frozen=True):
    """An HTTP response. Header names are in lower case, in the order in which they came."""

    method: str
    path: str
    status: int
    headers: Headers
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header. `name` is in lower case."""
        return values(self.headers, name)

    def first(self, name: str) -> str:
        """The first value of a header; empty if there is none."""
        return next(iter(self.all(name)), "")

    @property
    def text(self) -> str:
        """The body as UTF-8. Bytes that are none become U+FFFD."""
        return self.body.decode(errors="replace")


class Web:
    """Asks a site for things. `answers` keeps all responses, in order."""

    def __init__(self, site: Site, tls: ssl.SSLContext | None, answer_s: float = ANSWER_S) -> None:
        self.site = site
        self.tls = tls
        self.answers: list[Response] = []
        self._answer_s = answer_s
        self._pages: dict[str, Response | NotChecked] = {}

    async def page(self, path: str) -> Response:
        """The response to a GET of what does not change meanwhile. Raises NotChecked.

        The server is asked once, even if that is in vain.
        """
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
    ) -> Response:
        """Sends a request and returns the response.

        Raises NotChecked if there is no answer, none that is HTTP, or a body of more than `most` bytes.
        """
        parser = h11.Connection(h11.CLIENT, HEAD_BYTES_MAX)
        request = self._request(method, path, headers or {}, body)
        try:
            async with asyncio.timeout(self._answer_s), self._connection() as (incoming, outgoing):
                for event in (request, h11.Data(body), h11.EndOfMessage()):
                    outgoing.transport.write(parser.send(event) or b"")
                head, told = await read(parser, incoming, most)
        except TimeoutError:
            raise broken("silent", path=path) from None
        except OSError:
            raise broken("broke", path=path) from None
        except h11.ProtocolError as error:
            raise broken(fault_of(parser, error), path=path) from None
        named = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
        answer = Response(method, path, head.status_code, named, told)
        self.answers.append(answer)
        return answer

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        incoming, outgoing = await asyncio.open_connection(self.site.name, self.site.port, ssl=self.tls)
        try:
            yield incoming, outgoing
        finally:
            outgoing.transport.abort()

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> h11.Request:
        """A request for the path as it is written, even with `..`. Only what no request can hold is escaped."""
        own = {"Host": self.site.authority, "Connection": "close", "Accept-Encoding": "identity"}
        if body or method in ("POST", "PUT"):
            own["Content-Length"] = str(len(body))
        target = quote(self.site.root + path, safe=punctuation, errors="replace") or "/"
        return h11.Request(method=method, target=target, headers=[*{**own, **headers}.items()])


def fault_of(parser: h11.Connection, error: h11.ProtocolError) -> str:
    """The name of the audit's line for an error of h11."""
    if error.error_status_hint == TOO_LONG:
        return "endless"
    _, is_over = parser.trailing_data
    return "broke" if is_over else "not_http"
