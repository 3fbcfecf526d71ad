"""A real Valkey, or Debian's Redis, with the configuration that is shipped in deploy/."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.deploy.proxies import edited
from tests.exchange.engines import Engine

ENGINES = ("valkey", "redis")


class ShippedEngine(Engine):
    """`url` is that of the nodes, with the user that they have; the test itself may do anything."""

    def __init__(self, kind: str, folder: Path, *options: str) -> None:
        self._password, self.own_password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        changes = {
            "port 6379": "",
            ">change-me": f">{self._password}",
            "user default off": f"user default off\nuser test on >{self.own_password} ~* &* +@all",
        }
        self._file = folder / "valkey.conf"
        self._file.write_text(edited("valkey.conf", changes))
        super().__init__(kind, folder, "--include", str(self._file), *options)
        self.client = Redis(
            unix_socket_path=str(self.socket),
            username="test",
            password=self.own_password,
            decode_responses=True,
            protocol=3,
        )

    @property
    def url(self) -> str:
        return self.url_at()

    @property
    def url_by_socket(self) -> str:
        return f"unix://omefree:{self._password}@{self.socket}"

    def url_at(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """The URL for a node that reaches this server by another port, or another address."""
        return f"valkey://omefree:{self._password}@{host}:{port or self.port}"

    def own_client(self) -> Any:
        """A client that may do anything, and gets bytes."""
        socket = str(self.socket)
        return Redis(unix_socket_path=socket, username="test", password=self.own_password, protocol=3)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def dump(self) -> bytes:
        """What SAVE has written."""
        return (self._folder / "dump.rdb").read_bytes()
