import gc
import secrets
from typing import Any

import pytest

from omefree.config import Config
from omefree.contract.limits import CONNECTIONS_AT_ONCE, NEW_CONNECTIONS
from omefree.engine.gate import Admission, Denial, Gate, Head
from omefree.http.gate import FORGET_S, KEY_LIFE_S, HttpGate, request_host


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


@pytest.mark.parametrize(("scale", "most"), [(1.0, CONNECTIONS_AT_ONCE), (2.0, 2 * CONNECTIONS_AT_ONCE), (0.02, 1)])
def test_connections_at_once_have_a_cap(scale: float, most: int) -> None:
    made, clock = gate(quota_scale=scale)
    admissions: list[Admission] = []
    while len(admissions) < most:
        clock.now += 100
        admissions.append(inside(made.enter(head())))
    clock.now += 100
    assert code(made.enter(head())) == "rate_limited"
    made.exit(admissions.pop())
    assert isinstance(made.enter(head()), Admission)
    assert made.connected == most


def test_a_full_server_says_so() -> None:
    made, _ = gate(max_connections=2)
    admissions = [inside(made.enter(head(f"192.0.2.{n}"))) for n in range(2)]
    denial = made.enter(head("192.0.2.9"))
    assert isinstance(denial, Denial)
    assert (denial.status, denial.code) == (503, "full")
    assert denial.retry_after_s
    made.exit(admissions[0])
    assert isinstance(made.enter(head("192.0.2.9")), Admission)


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
