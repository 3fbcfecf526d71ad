"""The sockets of one process: bound as the settings say, or opened for it by systemd (socket activation)."""

import errno
import os
import socket
from pathlib import Path

from msgspec import Struct

from omefree.config import Config, is_loopback
from omefree.errors import StartError
from omefree.logs import log, reason_of
from omefree.net import activation, stun, unix
from omefree.net.sockets import EVERY_NETWORK, bind

REDIRECT = "redirect"  # the FileDescriptorName= of sockets for plain HTTP, as for `redirect_port`
FOR_ROOT = 1_024  # ports below need a right (ip(7), ip_unprivileged_port_start)
HOW = "ports below 1024 need the right CAP_NET_BIND_SERVICE, or systemd opens them (docs/listening.md): choose another"


class Sockets(Struct, frozen=True):
    """What a process listens on. `stun` is None if there is no STUN, `file` if no UNIX socket is ours."""

    page: list[socket.socket]
    redirect: list[socket.socket]
    stun: stun.Endpoint | None
    file: str | None

    def close(self) -> None:
        """Closes all of them, and removes the file of our UNIX socket."""
        close([*self.page, *self.redirect])
        if self.stun is not None:
            self.stun.close()
        if self.file is not None:
            Path(self.file).unlink(missing_ok=True)


class Bound(Struct, frozen=True):
    """What `Sockets` is made of, before it serves. `is_given`: systemd has opened the page's."""

    page: list[socket.socket]
    redirect: list[socket.socket]
    stun: list[socket.socket]
    file: str | None
    is_given: bool


async def listen(config: Config) -> Sockets:
    """Everything that the process listens on. Raises StartError if something is not to be had."""
    return opened(bound(config))


def opened(given: Bound) -> Sockets:
    """The sockets, with STUN already served. A loop runs."""
    return Sockets(given.page, given.redirect, stun.Endpoint(given.stun) if given.stun else None, given.file)


def bound(config: Config) -> Bound:
    """Binds all sockets, or takes systemd's. Raises StartError if one is not to be had."""
    given = activated()
    streams = [each for each in given if each.sock.type == socket.SOCK_STREAM]
    redirect = [each.sock for each in streams if each.name == REDIRECT]
    page = [each.sock for each in streams if each.name != REDIRECT]
    is_given, file = bool(page), None if page else config.unix_socket
    datagram = [each.sock for each in given if each.sock.type == socket.SOCK_DGRAM]
    try:
        page = page or listen_page(config)
        redirect = redirect or listen_redirect(config)
        datagram = datagram or bind_stun(config, stun_host(config, page, given))
    except StartError:
        close([*page, *redirect])
        raise
    return Bound(page, redirect, datagram, file, is_given)


def close(sockets: list[socket.socket]) -> None:
    """Closes the sockets."""
    for sock in sockets:
        sock.close()


def activated() -> list[activation.Given]:
    """The sockets that systemd has opened for this process. Raises StartError if it was told of some wrongly."""
    try:
        return activation.take(os.environ, os.getpid())
    except (ValueError, OSError):
        raise StartError("LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are not as systemd sets them") from None


def listen_page(config: Config) -> list[socket.socket]:
    """Sockets for page and chat. Raises StartError if they are not to be had."""
    if config.unix_socket is not None:
        return [listen_unix(config.unix_socket)]
    page = listen_tcp(config.host, config.port, "--port")
    if config.host == EVERY_NETWORK and page[0].family == socket.AF_INET:
        log.warning("ipv6_absent")
    return page


def listen_redirect(config: Config) -> list[socket.socket]:
    """Sockets for plain HTTP that is sent on to https; none if that is not wanted. Raises StartError."""
    return [] if config.redirect_port is None else listen_tcp(config.host, config.redirect_port, "--redirect-port")


def listen_tcp(host: str, port: int, flag: str) -> list[socket.socket]:
    """Sockets for a TCP port; `flag` sets it. Raises StartError if they are not to be had."""
    try:
        return bind(host, port)
    except UnicodeError:
        raise StartError("the host is neither a name nor an address") from None
    except OSError as error:
        raise StartError(refusal(host, port, flag, error)) from None


def refusal(host: str, port: int, flag: str, error: OSError) -> str:
    """What to tell the operator when a TCP port is not to be had."""
    where = f"port {port} of {host}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use: stop what uses it, or choose another with {flag}"
    if error.errno == errno.EACCES and port < FOR_ROOT:
        return f"may not listen on {where}: {HOW} with {flag}"
    return f"cannot listen on {where}: {error.strerror}"


def listen_unix(path: str) -> socket.socket:
    """A UNIX socket for page and chat. Raises StartError if it is not to be had."""
    try:
        return unix.listen(path, unix.OWNER_AND_GROUP)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"unix_socket: {path} is in use, or is no socket: choose another") from None
        raise StartError(f"unix_socket: cannot listen at {path}: {error.strerror or error}") from None


def stun_host(config: Config, page: list[socket.socket], given: list[activation.Given]) -> str:
    """Where STUN listens: where the page does, but on every network if that is not where visitors come from."""
    elsewhere = config.trusted_proxies or given or any(sock.family == socket.AF_UNIX for sock in page)
    host = config.stun_host or (EVERY_NETWORK if elsewhere else config.host)
    if is_loopback(host) and (elsewhere or not is_loopback(config.host)):
        log.warning("stun_unreachable")
    return host


async def listen_stun(config: Config, host: str) -> stun.Endpoint | None:
    """The STUN server; None if it is off or the default port is taken. Raises StartError if a configured port is."""
    sockets = bind_stun(config, host)
    return stun.Endpoint(sockets) if sockets else None


def bind_stun(config: Config, host: str) -> list[socket.socket]:
    """The sockets of STUN; none if it is off or the default port is taken. Raises StartError as `listen_stun` does."""
    if config.stun_port == 0:
        return []
    port = config.stun_port or stun.DEFAULT_PORT
    try:
        sockets = bind(host, port, socket.SOCK_DGRAM)
    except OSError as error:
        if config.stun_port is not None:
            raise StartError(f"cannot listen for STUN on UDP port {port}: {error.strerror}") from None
        log.warning("stun_off", port=port, reason=reason_of(error))
        return []
    log.info("stun_serving", port=sockets[0].getsockname()[1])
    return sockets


def url_of(config: Config, page: list[socket.socket]) -> str:
    """The URL to show to the operator. With `port` 0 it has the port that the system chose."""
    if page[0].family == socket.AF_UNIX:
        return f"unix:{page[0].getsockname()}"
    host = f"[{config.host}]" if ":" in config.host else config.host
    scheme = "https" if config.tls else "http"
    return f"{scheme}://{host}:{page[0].getsockname()[1]}{config.root_path}"
