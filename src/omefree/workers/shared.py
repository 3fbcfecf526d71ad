"""What all workers of a machine have in common: the sockets that listen, bound once and open until the end."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from msgspec import Struct

from omefree.config import Config
from omefree.errors import StartError
from omefree.listening import Bound, bound, close, listen_tcp, refusal
from omefree.logs import log, reason_of
from omefree.net import unix
from omefree.net.sockets import bind
from omefree.operator.desk import SUFFIX

Listening = dict[str, list[socket.socket]]
"""Sockets by what they are for: `page`, `redirect`, `stun`, `metrics`, `desk`."""


class Shared(Struct, frozen=True):
    """`pages` has the sockets of page and chat for each worker, `common` those that all workers have."""

    pages: list[list[socket.socket]]
    common: Listening
    files: list[str]

    def close_page(self, group: int) -> None:
        """Closes what one worker alone has accepted on: whoever waits there is refused, and comes to another."""
        own = self.pages[group]
        if not any(own is pages for pages in self.pages[:group] + self.pages[group + 1 :]):
            close(own)

    def close(self) -> None:
        """Closes all of them, and removes the files of UNIX sockets that are ours."""
        for sockets in (*self.pages, *self.common.values()):
            close(sockets)
        for file in self.files:
            with contextlib.suppress(OSError):
                Path(file).unlink(missing_ok=True)


def bind_all(config: Config) -> Shared:
    """Binds everything that the settings ask for. Raises StartError if something is not to be had."""
    own = bound(config)
    common = {"redirect": own.redirect, "stun": own.stun, "metrics": metrics(config), "desk": desk(config)}
    files = [own.file] if own.file else []
    if common["desk"]:
        files.append(f"{config.control_file}{SUFFIX}")
    return Shared(spread(config, own), common, files)


def spread(config: Config, own: Bound) -> list[list[socket.socket]]:
    """Sockets for each worker. Over TCP ones each has its own, and the kernel spreads connections (SO_REUSEPORT).

    A UNIX socket, and what systemd has opened, can be there only once: all workers accept on it.
    """
    if own.is_given or any(sock.family == socket.AF_UNIX for sock in own.page):
        return [own.page for _ in range(config.workers)]
    port = own.page[0].getsockname()[1]
    close(own.page)  # that they could be bound shows that nobody else has the port: the next ones would not notice
    try:
        return [bind(config.host, port, shares=True) for _ in range(config.workers)]
    except OSError as error:  # somebody took it in between
        raise StartError(refusal(config.host, port, "--port", error)) from None


def metrics(config: Config) -> list[socket.socket]:
    """The port of /metrics; none if none is set. Raises StartError if it is not to be had."""
    if config.metrics_port is None:
        return []
    sockets = listen_tcp(config.metrics_host, config.metrics_port, "--metrics-port")
    log.info("metrics_serving", port=sockets[0].getsockname()[1])
    return sockets


def desk(config: Config) -> list[socket.socket]:
    """The socket beside the control file; none if there is no such file, or no socket can be made there."""
    if config.control_file is None:
        return []
    try:
        return [unix.listen(config.control_file + SUFFIX, unix.ONLY_OWNER)]
    except OSError as error:
        log.warning("desk_off", reason=reason_of(error))
        return []
