"""What the doctor finds at a public name: real servers behind proxies that are set up rightly, and wrongly."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from omefree.doctor import public
from omefree.doctor.examination import examine
from omefree.doctor.finding import Finding
from omefree.doctor.visit import visit
from omefree.errors import ConnectError
from tests.certificates import Certificate, make_authorities, make_certificate
from tests.doctor.proxy import Habits, proxied
from tests.test_server import Process, running

LONG_AGO = "Sun, 06 Nov 1994 08:49:37 GMT"


async def found(
    port: int, habits: Habits, certificate: Certificate, answer_s: float = 20.0, at: str = "localhost"
) -> dict[str, Finding]:
    """What is found at a server behind such a proxy with TLS."""
    async with proxied(port, habits, certificate.for_server()) as url:
        seen = await visit(url.replace("localhost", at), trust=certificate.trusted(), answer_s=answer_s)
    return {each.check: each for each in public.findings(seen.facts)}


def not_good(found: dict[str, Finding]) -> set[str]:
    return {each.check for each in found.values() if each.result in ("bad", "warning")}


async def test_a_good_proxy_is_all_green(port: int, certificate: Certificate) -> None:
    told = await found(port, Habits(), certificate)
    assert {name: each.says for name, each in told.items() if each.result != "good" and name != "visitors"} == {}
    assert "29 more days" in told["tls"].says


@pytest.mark.parametrize(
    ("habits", "wrong", "mend"),
    [
        (Habits(tells_scheme=False), {"polling", "websocket", "headers"}, "X-Forwarded-Proto $scheme"),
        (Habits(keeps_host=False), {"polling", "websocket"}, "proxy_set_header Host"),
        (Habits(upgrades=False), {"websocket"}, "proxy_set_header Upgrade"),
        (Habits(upgrades=False, name="Apache/2.4"), {"websocket"}, "upgrade=websocket"),
        (Habits(lacks=("content-security-policy",)), {"headers"}, "proxy_hide_header"),
        (Habits(lacks=("strict-transport-security",)), {"headers"}, "X-Forwarded-Proto"),
        (Habits(date=LONG_AGO), {"clock"}, "set-ntp"),
    ],
    ids=["no-scheme", "other-host", "no-upgrade", "apache", "no-policy", "no-hsts", "clock"],
)
async def test_a_wrong_proxy_is_found(port: int, tmp_path: Path, habits: Habits, wrong: set[str], mend: str) -> None:
    """By an address: `localhost` gets no HSTS."""
    told = await found(port, habits, make_certificate(tmp_path, "127.0.0.1"), at="127.0.0.1")
    assert not_good(told) == wrong
    for check in wrong:
        assert told[check].result == "bad"
        assert mend in told[check].mend


async def test_a_proxy_that_holds_back_what_comes_over_websockets(port: int, certificate: Certificate) -> None:
    told = await found(port, Habits(holds=True), certificate, answer_s=4.0)
    assert told["websocket"].result == "bad"
    assert "nothing comes through" in told["websocket"].says


async def test_a_proxy_without_a_server_behind_it(certificate: Certificate) -> None:
    told = await found(1, Habits(), certificate)
    assert set(told) == {"page", "tls", "ipv6"}
    assert not_good(told) == {"page"}


@pytest.mark.parametrize(
    ("name", "days", "fault", "mend"),
    [
        ("localhost", -1, "expired", "certbot renew"),
        ("other.example", 30, "mismatch", "certbot certonly -d localhost"),
    ],
)
async def test_a_bad_certificate(port: int, tmp_path: Path, name: str, days: int, fault: str, mend: str) -> None:
    told = await found(port, Habits(), make_certificate(tmp_path, name, days))
    assert not_good(told) == {"tls"}
    assert fault in told["tls"].says
    assert mend in told["tls"].mend


async def test_a_certificate_that_is_soon_over(port: int, tmp_path: Path) -> None:
    told = await found(port, Habits(), make_certificate(tmp_path, days_left=10))
    assert told["tls"].result == "warning"
    assert "certbot renew --dry-run" in told["tls"].mend


async def test_a_weak_key(port: int, tmp_path: Path) -> None:
    weak = make_certificate(tmp_path, key=rsa.generate_private_key(65_537, 1024))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(weak.cert, weak.key)
    async with proxied(port, Habits(), context) as url:
        told = public.tls((await visit(url, trust=weak.trusted())).facts)
    assert told.result == "bad"
    assert "--key-type ecdsa" in told.mend


async def test_no_tls_where_it_should_be(server: Process) -> None:
    [page, *_] = await examine(server.url.replace("http:", "https:"), None)
    assert page.result == "bad"
    assert "end TLS at this port" in page.mend


async def test_an_unknown_authority(port: int, certificate: Certificate) -> None:
    async with proxied(port, Habits(), certificate.for_server()) as url:
        told = public.tls((await visit(url)).facts)
    assert told.result == "bad"
    assert "certbot certonly" in told.mend


async def test_a_chain_without_its_middle(port: int, tmp_path: Path) -> None:
    root, authority = make_authorities(tmp_path)
    whole = make_certificate(tmp_path, issuer=authority)
    told = await chained(port, whole, root)
    assert told.result == "good"
    alone = whole.cert.read_text().partition("-----END CERTIFICATE-----\n")
    whole.cert.write_text(alone[0] + alone[1])
    told = await chained(port, whole, root)
    assert told.result == "bad"
    assert "fullchain.pem" in told.mend


async def chained(port: int, certificate: Certificate, root: Path) -> Finding:
    async with proxied(port, Habits(), certificate.for_server()) as url:
        seen = await visit(url, trust=ssl.create_default_context(cafile=root))
    return public.tls(seen.facts)


async def test_an_old_version_of_tls(port: int, certificate: Certificate) -> None:
    old = certificate.for_server()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with proxied(port, Habits(), old) as url:
        told = public.tls((await visit(url, trust=certificate.trusted())).facts)
    assert told.result == "bad"
    assert "ssl_protocols" in told.mend


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: \xff\r\n\r\nhello",
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"version": 1}',
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_another_program_answers(said: bytes) -> None:
    def answer(_: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(said)
        outgoing.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        found = await examine(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", None)
    checks = {each.check: each.result for each in found}
    assert checks == {"page": "bad", "tls": "good", "ipv6": "good", "stun": "not looked at", "turn": "not looked at"}


async def test_nobody_is_there() -> None:
    [page, stun, turn] = await examine("https://127.0.0.1:1", None)
    assert (page.check, page.result) == ("page", "bad")
    assert "systemctl start omefree" in page.mend
    assert {stun.result, turn.result} == {"not looked at"}


async def test_nobody_is_there_at_two_addresses() -> None:
    [page, *_] = await examine("https://localhost:1", None)
    assert "is the server running?" in page.says


async def test_a_proxy_that_has_no_certificate_yet() -> None:
    """As Caddy is until it has got one: it speaks TLS, and ends the handshake."""

    async def refuse(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.read(4096)
        outgoing.write(bytes.fromhex("15 0303 0002 02 50"))  # a fatal alert, internal_error
        outgoing.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        [page, *_] = await examine(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", None)
    assert "it ends the TLS handshake" in page.says
    assert "a certificate for this name" in page.mend


async def test_a_name_that_there_is_not() -> None:
    [page, *_] = await examine("https://nobody.invalid", None)
    assert page.result == "bad"
    assert "record" in page.mend


async def test_what_is_no_address() -> None:
    with pytest.raises(ConnectError) as refused:
        await examine("https://", None)
    assert refused.value.reason == "address"


async def test_a_name_with_a_dead_address(page: Path) -> None:
    """`localhost` has two addresses, and the server listens on one."""
    with running(page, "--host", "127.0.0.1", "--stun-port", "0") as process:
        url = process.url.replace("127.0.0.1", "localhost")
        facts = (await visit(url)).facts
        assert process.stop() == 0
    assert facts.ipv4.addresses == ("127.0.0.1",)
    assert facts.ipv4.dead == ()
    assert facts.ipv6.dead == facts.ipv6.addresses


async def test_nobody_says_who_runs_it(page: Path, certificate: Certificate) -> None:
    with running(page, "--host", "127.0.0.1", "--trusted-proxies", "127.0.0.1", "--stun-port", "0") as process:
        told = await found(int(process.url.rpartition(":")[2]), Habits(), certificate)
        assert process.stop() == 0
    assert not_good(told) == {"legal"}
    assert 'contact = "..."; operator = "..."' in told["legal"].mend


async def test_without_tls_for_others(server: Process) -> None:
    facts = (await visit(server.url)).facts
    told = public.tls(msgspec.structs.replace(facts, local=False))
    assert told.result == "bad"
    assert "tls_cert" in told.mend
