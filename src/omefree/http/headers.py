"""The security headers of every HTTP answer, from the page or from the transport, in one place."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omefree.engine.gate import Head
from omefree.http.gate import request_host
from omefree.http.proxies import AUTHORITY
from omefree.wire.hosts import is_localhost

Header = tuple[bytes, bytes]

# Three Trusted Types policies: Svelte's compiled templates, and the addresses of the shield's and the service worker.
# There is no inline script and no inline style.
CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'%s; "
    b"media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types svelte-trusted-html omefree-worker omefree-offline"
)
# The pages that the server renders have one script, which puts on the colours that were chosen (web/src/early.ts).
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# The service worker fetches, and does nothing else (web/build/offline.ts).
OFFLINE_POLICY = (
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# The shield's worker, and nothing else that is served, may compile wasm. A worker has the policy of its own response
# (CSP 3, section 4.2.2; tried in Chromium 156, Firefox 153, WebKitGTK), so the page's `script-src` stays as it is.
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# A page may use two features of the device, camera and microphone. All others that browsers know are off.
OFF = (
    "accelerometer", "browsing-topics", "compute-pressure", "display-capture", "encrypted-media", "gamepad",
    "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "keyboard-map", "local-fonts",
    "magnetometer", "midi", "otp-credentials", "payment", "publickey-credentials-create", "publickey-credentials-get",
    "serial", "storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS_POLICY = ", ".join(["camera=(self)", "microphone=(self)", *(f"{name}=()" for name in OFF)]).encode()
ALWAYS: list[Header] = [
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
# For what is no page: answers to polls, and to requests that could not be read or are not trusted.
ANSWER_HEADERS: tuple[Header, ...] = ((b"content-security-policy", CONTENT_SECURITY_POLICY % b""), *ALWAYS)
# Two years, as the preload list asks. Subdomains are left out: the operator's other host names are not ours to bind.
# `localhost` gets none: it holds for all ports (RFC 6797, section 8.3), so for every other program on the machine.
HSTS: Header = (b"strict-transport-security", b"max-age=63072000")


def security_headers(head: Head) -> list[Header]:
    """The security headers for one request, given its head as the visitor sent it."""
    policy = (b"content-security-policy", CONTENT_SECURITY_POLICY % socket_source(head.get(b"host"), head.tls))
    is_kept = head.tls and not is_localhost(request_host(head) or "")
    return [policy, *ALWAYS, *([HSTS] if is_kept else [])]


def head_of(scope: Scope) -> Head:
    """The head of an ASGI request."""
    client = scope.get("client")
    return Head(
        method=scope["method"],
        path=scope["path"],
        headers=tuple(scope["headers"]),
        peer=client[0] if client else None,
        tls=scope["scheme"] == "https",
    )


def socket_source(host: bytes | None, secure: bool) -> bytes:
    """The server's own WebSocket as a policy source: Safari before 15.4 does not count it as 'self'.

    Empty if the Host header is not of the plain form: it could carry a policy of its own.
    """
    if host is None or not AUTHORITY.fullmatch(host):
        return b""
    return b" %s://%s" % (b"wss" if secure else b"ws", host)


class SecurityHeaders:
    """ASGI middleware: adds the security headers to each HTTP response of `app` that does not set its own.

    `outer` gives the head as the visitor sent it (Proxies.outer).
    """

    def __init__(self, app: ASGIApp, outer: Callable[[Head], Head]) -> None:
        self._app = app
        self._outer = outer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = security_headers(self._outer(head_of(scope)))

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                named = {name for name, _ in own}  # a page with a stricter policy brings its own
                message = {**message, "headers": [*own, *(header for header in added if header[0] not in named)]}
            await send(message)

        await self._app(scope, receive, send_with)
