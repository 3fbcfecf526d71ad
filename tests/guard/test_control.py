"""The form of the control file: what is obeyed, what is refused, and whom a block covers."""

from ipaddress import ip_address
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.errors import CONTROL_REASONS, ControlError
from omefree.guard.control import STATES, Blocked, Orders, network, parse, text

GOOD = Orders("text-only", ("198.51.100.7/32", "203.0.113.0/24", "2001:db8::/48"), 17)
LINES = text(GOOD).splitlines(keepends=True)


def reason(written: str) -> str:
    with pytest.raises(ControlError) as refused:
        parse(written)
    assert str(refused.value) in CONTROL_REASONS, "nothing of the content"
    return refused.value.reason


@given(
    st.sampled_from(STATES),
    st.lists(st.ip_addresses().map(str).filter(lambda each: network_or_none(each) is not None)),
    st.integers(0, 10**9),
)
def test_what_is_written_is_read_back(state: str, addresses: list[str], forgiven: int) -> None:
    blocked = tuple(dict.fromkeys(str(network(each)) for each in addresses))
    read = parse(text(Orders(state, blocked, forgiven)))  # type: ignore[arg-type]
    assert (read.state, set(read.blocked), read.forgiven) == (state, set(blocked), forgiven)


def network_or_none(given: str) -> object:
    try:
        return network(given)
    except ControlError:
        return None


@pytest.mark.parametrize("order", list(permutations(LINES)), ids=range(6))
def test_a_half_written_file_is_refused_wherever_it_ends(order: tuple[str, ...]) -> None:
    whole = "".join(order)
    assert parse(whole) == GOOD
    for end in range(len(whole)):
        assert reason(whole[:end]) in ("incomplete", "not_toml")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ('state = "closed"', "bad_state"),
        ('state = ["open"]', "bad_state"),
        ("state = true", "bad_state"),
        ('blocked = "203.0.113.0/24"', "bad_prefix"),
        ("blocked = [3405803776]", "bad_prefix"),
        ('blocked = ["203.0.113.0/33"]', "bad_prefix"),
        ('blocked = ["203.0.113.0/24", "chat.example"]', "bad_prefix"),
        ('blocked = ["203.0.113"]', "bad_prefix"),
        ('blocked = ["fe80::1%eth0"]', "bad_prefix"),
        ('blocked = ["0.0.0.0/0"]', "bad_prefix"),
        ('blocked = ["::/0"]', "bad_prefix"),
        ('blocked = ["::ffff:0:0/96"]', "bad_prefix"),
        ('blocked = [""]', "bad_prefix"),
        ("forgiven = -1", "bad_forgiven"),
        ("forgiven = 1.0", "bad_forgiven"),
        ("forgiven = true", "bad_forgiven"),
        ("forgiven = inf", "bad_forgiven"),
        ("forgiven = 99999999999999999999999999", "bad_forgiven"),
        ("forgiven = " + "9" * 5_000, "not_toml"),
        ("statt = 1", "unknown_key"),
        ("blocked = " + "[" * 20_000, "not_toml"),
        ("\x00", "not_toml"),
    ],
)
def test_whatever_else_is_wrong_is_refused(changed: str, why: str) -> None:
    key = changed.partition(" ")[0]
    kept = [line for line in LINES if not line.startswith(key)]
    assert reason("".join([*kept, changed, "\n"])) == why


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("198.51.100.7", "198.51.100.7/32"),
        (" 203.0.113.9/24 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("2001:db8::/48", "2001:db8::/48"),
        ("2001:DB8::7", "2001:db8::/64"),
        ("2001:db8:0:1:2::/80", "2001:db8:0:1::/64"),
    ],
)
def test_a_prefix_means_whole_households(given_: str, meant: str) -> None:
    assert str(network(given_)) == meant


@pytest.mark.parametrize(
    ("address", "under"),
    [
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("::ffff:203.0.113.255", True),
        ("::ffff:203.0.114.0", False),
        ("2001:db8:0:ffff::1", True),
        ("2001:db8:1::1", False),
        ("c633:6407::", False),  # 198.51.100.7 as the first bits of an IPv6 address
        ("::198.51.100.7", False),
    ],
)
def test_whom_a_block_covers(address: str, under: bool) -> None:
    assert Blocked(GOOD.blocked).holds(ip_address(address)) is under


def test_nobody_is_under_no_block_and_no_address_under_any() -> None:
    assert not Blocked().holds(ip_address("198.51.100.7"))
    assert not Blocked(GOOD.blocked).holds(None)


def test_many_blocks_are_looked_up_as_fast_as_few() -> None:
    many = Blocked(f"10.{number >> 8}.{number & 255}.0/24" for number in range(12_000))
    assert many.holds(ip_address("10.46.223.1"))
    assert not many.holds(ip_address("10.46.224.1"))


def test_the_documented_file_is_good_and_every_reason_is_told() -> None:
    told = (Path(__file__).parents[2] / "docs/operating.md").read_text()
    example = told.partition("```toml\n")[2].partition("```")[0]
    assert text(parse(example)) == example
    assert [each for each in CONTROL_REASONS if f"`{each}`" not in told] == []
