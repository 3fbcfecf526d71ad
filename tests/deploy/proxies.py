"""The reverse proxies of deploy/, each started with the file that is shipped.

A test replaces what an operator edits (name, certificate, the servers' addresses), and ports 80 and 443, which only the
system may have. The proxy listens on an address of 127.0.0.0/8 of its own instead, so no port need be looked for. For
two servers the line that is to be changed is changed, and `nodes` is laid where the proxy looks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import grp
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tests.certificates import Certificate, make_certificate
from tests.until import until

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "chat.example.org"
LETSENCRYPT = f"/etc/letsencrypt/live/{NAME}"
ONE, TWO = ("127.0.0.1:8000",), ("127.0.0.1:8001", "127.0.0.1:8002")  # the servers in the files
HTTP, HTTPS = 8080, 8443
GUARD_S = 20  # no test measures time: this only ends one that hangs
APACHE_MODULES = (
    *("alias", "authz_core", "headers", "http2", "lbmethod_bybusyness", "lbmethod_byrequests", "mpm_event"),
    *("proxy", "proxy_balancer", "proxy_hcheck", "proxy_http", "rewrite", "slotmem_shm", "socache_shmcb", "ssl"),
)


class Place(NamedTuple):
    """Where a proxy listens, which certificate it has, and the folder of all that it may write."""

    folder: Path
    address: str
    certificate: Certificate

    @property
    def https(self) -> str:
        return f"https://{self.address}:{HTTPS}"

    @property
    def http(self) -> str:
        return f"http://{self.address}:{HTTP}"

    def written(self) -> str:
        """All that the proxy has written: its output and every file in its folder."""
        files = (file for file in (self.folder / "run").rglob("*") if file.is_file())
        return "\n".join(file.read_bytes().decode(errors="replace") for file in files)


def new_place(folder: Path) -> Place:
    (folder / "run").mkdir(parents=True)
    address = f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    return Place(folder, address, make_certificate(folder, address))


def edited(file: str, changes: dict[str, str]) -> str:
    """The shipped file with these changes. Each must concern it."""
    text = (DEPLOY / file).read_text()
    for old, new in changes.items():
        assert old in text, f"{file}: no {old}"
        text = text.replace(old, new)
    return text


def nginx(place: Place, file: str, servers: dict[str, str]) -> list[str]:
    run = place.folder / "run"
    changes = {
        "listen 80;": f"listen {place.address}:{HTTP};",
        "listen [::]:80;": "",  # this machine may have no IPv6
        "listen 443 ": f"listen {place.address}:{HTTPS} ",
        "listen [::]:443 ssl http2;": "",
        f"308 https://{NAME}": f"308 {place.https}",
        f"{LETSENCRYPT}/fullchain.pem": str(place.certificate.cert),
        f"{LETSENCRYPT}/privkey.pem": str(place.certificate.key),
        NAME: place.address,
    }
    (place.folder / "site.conf").write_text(edited(file, changes | servers))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {run}/{kind};" for kind in kinds)
    (place.folder / "nginx.conf").write_text(
        f"daemon off; pid {run}/pid; error_log {run}/error.log; events {{}}"
        f"http {{ access_log {run}/access.log; {folders} include nodes.con[f]; include site.conf; }}"  # as Debian's
    )
    return ["nginx", "-p", str(run), "-c", str(place.folder / "nginx.conf"), "-e", "stderr"]


def caddy(place: Place, file: str, servers: dict[str, str]) -> list[str]:
    run = place.folder / "run"
    system = (
        f"admin unix/{place.folder}/admin\n\tstorage file_system {run}\n\tdefault_bind {place.address}\n"
        f"\thttp_port {HTTP}\n\thttps_port {HTTPS}"
    )
    changes = {
        "\n\tlog {": f"\n\t{system}\n\tlog {{",
        "# tls ": "tls ",
        f"/etc/ssl/{NAME}/fullchain.pem": str(place.certificate.cert),
        f"/etc/ssl/{NAME}/privkey.pem": str(place.certificate.key),
        NAME: place.address,
    }
    (place.folder / "Caddyfile").write_text(edited(file, changes | servers))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(place.folder / "Caddyfile")]


def haproxy(place: Place, file: str, servers: dict[str, str]) -> list[str]:
    both = place.folder / "fullchain.pem"
    both.write_bytes(place.certificate.cert.read_bytes())
    both.with_name("fullchain.pem.key").symlink_to(place.certificate.key)
    changes = {
        ":::80 v4v6": f"{place.address}:{HTTP}",
        ":::443 v4v6": f"{place.address}:{HTTPS}",
        f"{LETSENCRYPT}/fullchain.pem": str(both),
    }
    if os.geteuid():  # only root may become somebody else
        changes |= {
            "user haproxy": f"user {getpass.getuser()}",
            "group haproxy": f"group {grp.getgrgid(os.getegid()).gr_name}",
            "chroot /var/lib/haproxy": "",
        }
    (place.folder / "haproxy.cfg").write_text(edited(file, changes | servers) + nodes_of(place))
    return ["haproxy", "-db", "-f", str(place.folder / "haproxy.cfg")]


def apache(place: Place, file: str, servers: dict[str, str]) -> list[str]:
    run = place.folder / "run"
    changes = {
        "*:80": f"{place.address}:{HTTP}",
        "*:443": f"{place.address}:{HTTPS}",
        f"/ https://{NAME}/": f"/ {place.https}/",
        f"{LETSENCRYPT}/fullchain.pem": str(place.certificate.cert),
        f"{LETSENCRYPT}/privkey.pem": str(place.certificate.key),
        NAME: place.address,
    }
    site = edited(file, changes | servers).replace("/etc/apache2/nodes.conf", str(place.folder / "nodes.conf"))
    (place.folder / "site.conf").write_text(site)
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in APACHE_MODULES)
    user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    (place.folder / "apache.conf").write_text(
        f"{modules}{user}ServerRoot {run}\nDefaultRuntimeDir {run}\nPidFile {run}/pid\nErrorLog {run}/error.log\n"
        f'LogFormat "%h" common\nCustomLog {run}/other_vhosts_access.log common\n'  # as Debian's has it
        f"Listen {place.address}:{HTTP}\nListen {place.address}:{HTTPS}\nInclude {place.folder}/site.conf\n"
    )
    return ["apache2", "-D", "FOREGROUND", "-f", str(place.folder / "apache.conf")]


PROXIES = {"nginx": nginx, "caddy": caddy, "haproxy": haproxy, "apache": apache}
FILES = {
    "nginx": ("nginx/omefree.conf", "nginx/nodes.conf"),
    "caddy": ("caddy/Caddyfile", "caddy/nodes.caddy"),
    "haproxy": ("haproxy/haproxy.cfg", "haproxy/nodes.cfg"),
    "apache": ("apache/omefree.conf", "apache/nodes.conf"),
}
TO_NODES = {  # the line to change, and what is written there
    "nginx": (
        "proxy_pass http://127.0.0.1:8000;",
        "proxy_pass http://$omefree_node; proxy_next_upstream error timeout http_503;",
    ),
    "caddy": ("reverse_proxy 127.0.0.1:8000", "import nodes.caddy"),
    "haproxy": ("default_backend omefree", "default_backend nodes"),
    "apache": ("ProxyPass / http://127.0.0.1:8000/ upgrade=websocket", "Include /etc/apache2/nodes.conf"),
}


def nodes_of(place: Place) -> str:
    """The file for several servers, if there is one."""
    return "".join(file.read_text() for file in place.folder.glob("nodes.*"))


def changes_for(name: str, folder: Path, servers: tuple[str, ...]) -> dict[str, str]:
    """What is changed in a proxy's file for these servers. If they are two, the other file is made, too."""
    if len(servers) == 1:
        return dict(zip(ONE, servers, strict=True))
    file = FILES[name][1]
    (folder / Path(file).name).write_text(edited(file, dict(zip(TWO, servers, strict=True))))
    return dict([TO_NODES[name]])


@contextlib.asynccontextmanager
async def started(
    name: str, folder: Path, *servers: str, changes: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Place]:
    """The proxy in front of one server, or of two, each given as host:port. `changes` to its file come first."""
    place = new_place(folder)
    file = FILES[name][0]
    here = changes_for(name, folder, servers)
    command = PROXIES[name](place, file, {**changes, **here})
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, f"{command[0]} is missing: `make packages`"
    with (folder / "run/output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(program, *command[1:], stdout=output, stderr=output)
    try:
        await until(lambda: answers(place, process), f"{name} listens")
        yield place
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(GUARD_S):
            await process.wait()


async def answers(place: Place, process: asyncio.subprocess.Process) -> bool:
    assert process.returncode is None, place.written()
    try:
        _, writer = await asyncio.open_connection(place.address, HTTPS)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
