import gc
import secrets
from ipaddress import ip_address
from typing import Any

import pytest

from omefree.config import Config
from omefree.contract.limits import CONNECTIONS_PER_48, CONNECTIONS_PER_64, CONNECTIONS_PER_IPV4, NEW_CONNECTIONS
from omefree.engine.gate import Admission, Denial, Gate, Head
from omefree.guard.control import Blocked, network
from omefree.http.gate import FORGET_S, KEY_LIFE_S, HttpGate, request_host, with_spare
from omefree.http.proxies import Proxies


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def head(peer: str | None = "192.0.2.1", *, method: str = "GET", tls: bool = False, **headers: Any) -> Head:
    sent = {"host": "chat.example:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Head(method, "/socket.io/", tuple((k.encode(), v.encode()) for k, v in sent.items()), peer, tls)


def gate(**settings: object) -> tuple[HttpGate, Clock]:
    clock = Clock()
    return HttpGate(Config(**settings), clock), clock  # type: ignore[arg-type]


def code(answer: Denial | Admission | None) -> str | None:
    return answer.code if isinstance(answer, Denial) else None


def refusal(made: HttpGate, answer: Denial | Admission) -> str | None:
    """Why a visitor without a valid token is refused: at once, or at its CONNECT; None if it is not."""
    if isinstance(answer, Denial):
        return answer.code
    denial = code(made.room(answer))
    if denial is not None:
        made.exit(answer)
    return denial


def inside(answer: Denial | Admission) -> Admission:
    assert isinstance(answer, Admission)
    return answer


def test_it_is_the_engines_gate() -> None:
    made: Gate = gate()[0]
    assert made.enter(head())


OWN = "http://chat.example:8000"
FRIEND = "https://friend.example"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("origin", [OWN, FRIEND, "http://friend.example:8080"])
def test_the_own_page_and_the_allowed_ones_may_speak(method: str, origin: str) -> None:
    made, _ = gate(allowed_origins=(FRIEND, "http://friend.example:8080"))
    assert made.check(head(method=method, origin=origin)) is None


@pytest.mark.parametrize(
    ("host", "tls", "origin"),
    [
        ("chat.example:8000", False, "ws://chat.example:8000"),
        ("chat.example", True, "wss://chat.example"),
        ("chat.example", True, "wss://chat.example:443"),
        ("chat.example", False, "ws://chat.example:80"),
    ],
)
def test_an_origin_may_be_built_from_the_address_of_the_websocket(host: str, tls: bool, origin: str) -> None:
    """As clients in Swift do."""
    assert gate()[0].check(head(host=host, tls=tls, origin=origin)) is None


@pytest.mark.parametrize(
    "origin", ["wss://chat.example", "ws://chat.example:8000", "wss://evil.example", "ws://", "wss:"]
)
def test_the_address_of_another_websocket_is_another_origin(origin: str) -> None:
    assert code(gate()[0].check(head(host="chat.example", origin=origin))) == "origin"


@pytest.mark.parametrize("origin", ["capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://chat"])
def test_a_page_in_an_app_may_be_allowed(origin: str) -> None:
    allowing, _ = gate(allowed_origins=(origin,))
    assert allowing.check(head(origin=origin)) is None
    assert dict(allowing.cors(head(origin=origin)))[b"access-control-allow-origin"] == origin.encode()
    assert code(allowing.check(head(origin=origin + ".evil.example"))) == "origin"
    assert code(gate()[0].check(head(origin=origin))) == "origin"


def test_no_origin_is_no_browser() -> None:
    assert gate()[0].check(head()) is None


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://chat.example",  # another port
        "http://chat.example:80",
        "http://chat.example:8001",
        "https://chat.example:8000",  # another scheme
        "http://chat.example:8000.evil.example",
        "http://evil-chat.example:8000",
        "http://sub.chat.example:8000",
        "http://chat.example:8000/",
        "http://CHAT.example:8000",  # browsers write lower case
        "http://friend.example",  # the friend's other scheme
        "https://friend.example:444",
        "https://friend.example.evil.example",
        f"{OWN}, http://evil.example",  # two headers
        "*",
        "http://ch\u00e4t.example",
    ],
)
def test_every_other_page_may_not(method: str, origin: str) -> None:
    made, _ = gate(allowed_origins=(FRIEND,))
    denial = made.check(head(method=method, origin=origin))
    assert denial is not None
    assert (denial.status, denial.code) == (403, "origin")
    assert made.cors(head(method=method, origin=origin)) == []


def test_the_default_port_and_case_of_the_host() -> None:
    made, _ = gate(allowed_origins=("https://Friend.example:443",))
    assert made.check(head(host="Chat.Example:80", origin="http://chat.example")) is None
    assert made.check(head(host="chat.example:443", origin="https://chat.example", tls=True)) is None
    assert made.check(head(origin=FRIEND)) is None


def test_without_a_host_there_is_no_own_page() -> None:
    bare = Head("GET", "/", ((b"origin", b"http://"),), "192.0.2.1", False)
    assert code(gate()[0].check(bare)) == "origin"


def test_the_scheme_is_the_trusted_proxys_word_only() -> None:
    made, _ = gate(trusted_proxies=("10.0.0.0/8",))
    told: dict[str, Any] = {"host": "chat.example", "origin": "https://chat.example", "x_forwarded_proto": "https"}
    assert made.check(head("10.1.2.3", **told)) is None
    assert code(made.check(head("192.0.2.1", **told))) == "origin"


def test_cors_is_for_exactly_the_allowed() -> None:
    made, _ = gate(allowed_origins=(FRIEND,))
    assert made.cors(head()) == made.cors(head(origin=OWN)) == []
    origin, vary = made.cors(head(origin=FRIEND))
    assert (origin, vary) == ((b"access-control-allow-origin", FRIEND.encode()), (b"vary", b"Origin"))
    preflight = dict(made.cors(head(method="OPTIONS", origin=FRIEND)))
    assert preflight[b"access-control-allow-methods"] == b"GET, POST"
    assert b"access-control-allow-credentials" not in preflight


def same(first: str, second: str) -> bool:
    made, _ = gate()
    return inside(made.enter(head(first))) == inside(made.enter(head(second)))


def test_an_address_key_is_one_household() -> None:
    assert same("192.0.2.1", "192.0.2.1")
    assert same("192.0.2.1", "::ffff:192.0.2.1")
    assert same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2")
    assert same("fe80::1%eth0", "fe80::1%eth1")
    assert not same("192.0.2.1", "192.0.2.2")
    assert not same("2001:db8:0:1::1", "2001:db8:0:2::1")
    assert not same("192.0.2.1", "c000:0201::")


def test_an_admission_says_by_which_name_we_were_reached() -> None:
    assert inside(gate()[0].enter(head(host="[2001:db8::1]:443"))).host == "2001:db8::1"
    assert inside(gate()[0].enter(head(host="a b"))).host == ""


def test_each_process_and_each_day_has_its_own_keys() -> None:
    made, clock = gate()
    first = inside(made.enter(head()))
    assert inside(gate()[0].enter(head())) != first
    clock.now += KEY_LIFE_S
    second = inside(made.enter(head()))
    assert second != first
    made.exit(first)
    made.exit(second)
    assert made.connected == 0


def test_forwarded_addresses_are_believed_from_trusted_proxies_only() -> None:
    made, _ = gate(trusted_proxies=("10.0.0.0/8", "2001:db8:f::/48"))

    def keyed(peer: str, forwarded: str) -> Admission:
        return inside(made.enter(head(peer, x_forwarded_for=forwarded)))

    visitor = inside(made.enter(head("192.0.2.1")))
    assert keyed("10.0.0.1", "192.0.2.1") == visitor
    assert keyed("::ffff:10.0.0.1", "192.0.2.1") == visitor
    assert keyed("10.0.0.1", "198.51.100.9, 192.0.2.1, 10.0.0.2") == visitor  # what the visitor invented comes first
    assert keyed("2001:db8:f::1", " 192.0.2.1:5555 ") == visitor
    assert keyed("192.0.2.1", "198.51.100.9") == visitor  # no proxy of ours: its word counts nothing
    assert keyed("10.0.0.1", "192.0.2.1, unknown") == inside(made.enter(head("10.0.0.1")))
    assert keyed("10.0.0.1", "[2001:db8::1]:80") == inside(made.enter(head("2001:db8::1")))
    assert keyed("10.0.0.1", "") == inside(made.enter(head("10.0.0.1")))
    assert keyed("10.0.0.1", "10.0.0.9, 10.0.0.2") == inside(made.enter(head("10.0.0.9")))


def test_new_connections_have_a_rate() -> None:
    made, clock = gate()
    for _ in range(int(NEW_CONNECTIONS.burst)):
        made.exit(inside(made.enter(head())))
    denial = made.enter(head())
    assert isinstance(denial, Denial)
    assert (denial.status, denial.code) == (429, "rate_limited")
    assert denial.retry_after_s is not None
    assert isinstance(made.enter(head("192.0.2.2")), Admission)
    clock.now += denial.retry_after_s
    assert isinstance(made.enter(head()), Admission)


V4, IN_A_64, IN_A_48 = "192.0.2.1", "2001:db8:0:1::{:x}", "2001:db8:0:{:x}::1"  # with a number: another one of them


def let_in(made: HttpGate, clock: Clock, address: str, most: int) -> list[Admission]:
    """As many as `most` sessions, from addresses of this form."""
    admissions: list[Admission] = []
    while len(admissions) < most:
        clock.now += 60
        admissions.append(inside(made.enter(head(address.format(len(admissions))))))
    clock.now += 100
    return admissions


@pytest.mark.parametrize("scale", [1.0, 2.0, 0.002])
@pytest.mark.parametrize(
    ("address", "cap"),
    [
        (V4, CONNECTIONS_PER_IPV4),
        ("::ffff:192.0.2.1", CONNECTIONS_PER_IPV4),
        (IN_A_64, CONNECTIONS_PER_64),
        (IN_A_48, CONNECTIONS_PER_48),
    ],
)
def test_connections_at_once_have_a_cap(address: str, cap: int, scale: float) -> None:
    made, clock = gate(quota_scale=scale)
    most = max(1, int(cap * scale))
    admissions = let_in(made, clock, address, most)
    assert refusal(made, made.enter(head(address.format(0xFFF)))) == "rate_limited"
    assert refusal(made, made.enter(head("2001:db8:1::1"))) is None, "the network next to it is not meant"
    made.exit(admissions.pop())
    clock.now += 60
    assert refusal(made, made.enter(head(address.format(0xFFF)))) is None
    assert made.connected == most + 1


def test_the_caps_are_those_that_were_asked_for() -> None:
    assert (CONNECTIONS_PER_IPV4, CONNECTIONS_PER_64, CONNECTIONS_PER_48) == (512, 64, 512)


def test_who_hops_through_a_48_is_refused_and_leaves_nothing_behind() -> None:
    made, clock = gate()
    admissions = let_in(made, clock, IN_A_48, with_spare(CONNECTIONS_PER_48))
    held = made.remembered()
    for number in range(1000, 3000):
        assert code(made.enter(head(IN_A_48.format(number)))) == "rate_limited"
    assert made.remembered() == held
    for each in admissions:
        made.exit(each)
    assert made.connected == 0
    clock.now += FORGET_S
    made.prune()
    assert made.remembered() == 0


def test_an_admission_names_the_network_around_a_household() -> None:
    made, _ = gate()
    one, two, far, ipv4 = (
        inside(made.enter(head(each))) for each in ("2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:1:1::1", V4)
    )
    assert one.network == two.network
    assert one.key != two.key
    assert len({one.key, two.key, one.network, far.network, ipv4.network}) == 5
    assert ipv4.network is ipv4.key
    assert inside(made.enter(head("2001:db8:0:1::2"))).key is one.key, "one object for all sessions of a key"


def test_an_invented_forwarded_address_does_not_get_around_a_cap() -> None:
    made, clock = gate()
    let_in(made, clock, V4, CONNECTIONS_PER_IPV4)
    assert refusal(made, made.enter(head(V4, x_forwarded_for="198.51.100.7"))) == "rate_limited"
    assert refusal(made, made.enter(head("::ffff:c000:201"))) == "rate_limited"


# --- blocks ---

BLOCKS = ("203.0.113.0/24", "2001:db8:7::/48", "2001:db8:8:8::/64", "198.51.100.7/32")
UNDER = (
    "203.0.113.9",
    "::ffff:203.0.113.9",
    "::ffff:cb00:7109",
    "2001:db8:7:ffff::1",
    "2001:db8:8:8::9",
    "198.51.100.7",
)
NOT_UNDER = (
    "203.0.114.9",
    "::ffff:203.0.114.9",
    "2001:db8:6:ffff::1",
    "2001:db8:8:9::9",
    "198.51.100.8",
    "::cb00:7109",
)


@pytest.mark.parametrize("peer", [*UNDER, *NOT_UNDER])
def test_a_blocked_address_is_known_when_it_comes(peer: str) -> None:
    made, _ = gate(trusted_proxies=("10.0.0.0/8",))
    assert not inside(made.enter(head(peer))).blocked
    made.block(Blocked(BLOCKS))
    for spelled in (head(peer), head("10.0.0.1", x_forwarded_for=f"192.0.2.1, {peer}")):
        assert inside(made.enter(spelled)).blocked is (peer in UNDER)
    made.block(Blocked())
    assert not inside(made.enter(head(peer))).blocked


def test_nobody_gets_around_a_block_or_under_one_by_an_invented_header() -> None:
    made, _ = gate()
    made.block(Blocked(BLOCKS))
    assert inside(made.enter(head("203.0.113.9", x_forwarded_for="192.0.2.1"))).blocked
    assert not inside(made.enter(head("192.0.2.1", x_forwarded_for="203.0.113.9"))).blocked


@pytest.mark.parametrize("block", [*BLOCKS, "203.0.0.0/16", "2001:db8::/32", "203.0.113.9"])
def test_present_sessions_are_found_under_a_block_without_their_addresses(block: str) -> None:
    made, _ = gate()
    here = {peer: inside(made.enter(head(peer))) for peer in (*UNDER, *NOT_UNDER)}
    keys = made.keys_under([network(block)])
    meant = Blocked((block,))
    found = {peer for peer, admission in here.items() if admission.key in keys or admission.network in keys}
    assert found == {peer for peer in here if meant.holds(ip_address(peer))}
    assert found


def test_a_block_too_wide_to_be_tried_finds_nobody_and_hinders_no_other() -> None:
    made, _ = gate()
    admission = inside(made.enter(head("203.0.113.9")))
    assert made.keys_under([network("203.0.0.0/15"), network("2001:d00::/24")]) == set()
    assert admission.key in made.keys_under([network("10.0.0.0/8"), network("203.0.113.9")])


def test_a_full_server_says_so() -> None:
    made, _ = gate(max_connections=2)
    admissions = [inside(made.enter(head(f"192.0.2.{n}"))) for n in range(3)]
    assert [code(made.room(each)) for each in admissions] == [None, None, "full"], "the third is for who comes back"
    denial = made.enter(head("192.0.2.9"))
    assert isinstance(denial, Denial)
    assert (denial.status, denial.code) == (503, "full")
    assert denial.retry_after_s
    made.exit(admissions[0])
    assert [code(made.room(each)) for each in admissions[1:]] == [None, None], "there is a place by now"


def test_what_is_remembered_of_addresses_does_not_grow() -> None:
    made, clock = gate()
    stays = inside(made.enter(head("198.51.100.1")))
    for n in range(10_000):
        clock.now += 0.01
        made.exit(inside(made.enter(head(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"))))
        assert made.remembered() <= 2 * FORGET_S / 0.01 + 2
    clock.now += FORGET_S
    made.prune()
    assert made.remembered() == 1
    made.exit(stays)
    clock.now += FORGET_S
    made.prune()
    assert made.remembered() == 0


def test_a_forgotten_bucket_was_full() -> None:
    made, clock = gate()
    for _ in range(int(NEW_CONNECTIONS.burst)):
        made.exit(inside(made.enter(head())))
    clock.now += FORGET_S - 0.001
    made.prune()
    assert made.remembered() == 1
    assert NEW_CONNECTIONS.burst / NEW_CONNECTIONS.rate_s <= FORGET_S


def test_no_object_holds_the_address() -> None:
    address = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::{secrets.token_hex(2)}"
    made, _ = gate()
    inside(made.enter(head(address)))
    frames = {id(locals())}
    held = [each for each in gc.get_objects() if id(each) not in frames and type(each) in (dict, list, tuple, set)]
    assert not [each for each in held if address in repr_of(each)]
    assert address not in str(vars(made))


def repr_of(container: object) -> list[object]:
    """The strings directly in a container."""
    items = [*container.keys(), *container.values()] if isinstance(container, dict) else container
    return [item for item in items if isinstance(item, str)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ("localhost:8000", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("[::1]:8000", "::1"),
        ("chat.example", "chat.example"),
        ("a b", None),
        ("x:y", None),
        ("", None),
        ("evil; script-src *", None),
    ],
)
def test_the_host_by_which_we_were_reached(sent: str, host: str | None) -> None:
    assert request_host(head(host=sent)) == host


def stays(made: HttpGate, admission: Admission) -> None:
    """Its connection breaks, and the visitor may come back."""
    made.stay(admission.key, admission.network)
    made.exit(admission)


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1"])
def test_who_is_away_is_counted_once_until_it_is_back_or_gone(peer: str) -> None:
    made, _ = gate(max_connections=1)
    away = inside(made.enter(head(peer)))
    stays(made, away)
    assert (made.connected, made.present(away.key)) == (1, 1)
    back = inside(made.enter(head(peer)))
    assert code(made.room(back)) == "full", "as nobody has shown a token"
    made.go(away.key, away.network)
    assert made.room(back) is None
    made.exit(back)
    assert made.connected == made.present(away.key) == 0
    assert not inside(made.enter(head(peer))).spare


def test_the_records_hear_that_a_key_is_empty_only_once_nobody_is_away() -> None:
    left: list[bytes] = []

    class Listener:
        def left(self, key: bytes) -> None:
            left.append(key)

        def clear(self) -> None:
            left.clear()

    made, clock = gate()
    made.listen(Listener())
    away = inside(made.enter(head()))
    stays(made, away)
    clock.now += 10 * FORGET_S
    made.prune()
    assert (left, made.remembered()) == ([], 1)
    made.go(away.key, away.network)
    assert left == [away.key]
    clock.now += FORGET_S
    made.prune()
    assert made.remembered() == 0


def test_while_memory_is_short_there_are_as_many_places_as_are_taken() -> None:
    short = False
    made = HttpGate(Config(quota_scale=1_000), Clock(), is_memory_short=lambda: short)
    first, second = inside(made.enter(head())), inside(made.enter(head()))
    short = True
    assert refusal(made, made.enter(head())) == "full"
    assert made.room(inside(second)) is None, "those who are here stay"
    made.exit(first)
    assert refusal(made, made.enter(head())) is None, "a place that was left may be taken"
    assert refusal(made, made.enter(head())) == "full"
    short = False
    assert [refusal(made, made.enter(head())) for _ in range(3)] == [None, None, None]


def test_localhost_is_both_of_its_networks() -> None:
    forwarded = Proxies(["LocalHost"]).client
    assert str(forwarded(head("127.0.0.1", x_forwarded_for="198.51.100.7"))) == "198.51.100.7"
    assert str(forwarded(head("::1", x_forwarded_for="198.51.100.7"))) == "198.51.100.7"
    assert str(forwarded(head("192.0.2.1", x_forwarded_for="198.51.100.7"))) == "192.0.2.1"


def test_a_closed_gate_says_so_by_http_and_counts_nobody() -> None:
    made, _ = gate()
    here = inside(made.enter(head()))
    made.close()
    denial = made.enter(head("192.0.2.2"))
    assert isinstance(denial, Denial)
    assert (denial.status, denial.code) == (503, "draining")
    assert denial.retry_after_s, "another server, or this one in a while"
    assert made.connected == 1
    assert made.check(head()) is None, "requests of sessions that are here go on"
    made.exit(here)
    assert made.connected == 0
