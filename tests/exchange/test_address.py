"""The setting `exchange`."""

import pytest

from omefree.errors import ConfigError
from omefree.exchange.address import Address, parse_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("valkey://a", Address("single", hosts=(("a", 6379),))),
        ("redis://a:7", Address("single", hosts=(("a", 7),))),
        ("valkey://a/0", Address("single", hosts=(("a", 6379),))),
        ("valkeys://[::1]:7", Address("single", tls=True, hosts=(("::1", 7),))),
        ("rediss://u:p%40ss@a", Address("single", tls=True, hosts=(("a", 6379),), user="u", password="p@ss")),
        ("valkey://:p@a", Address("single", hosts=(("a", 6379),), password="p")),
        ("valkey+sentinel://a,b:7/chat", Address("sentinel", hosts=(("a", 26379), ("b", 7)), service="chat")),
        ("valkeys+sentinel://a/chat", Address("sentinel", tls=True, hosts=(("a", 26379),), service="chat")),
        ("valkey+cluster://u:p@a,b", Address("cluster", hosts=(("a", 6379), ("b", 6379)), user="u", password="p")),
        ("redis+cluster://a:1", Address("cluster", hosts=(("a", 1),))),
        ("unix:///run/valkey.sock", Address("unix", path="/run/valkey.sock")),
        ("unix://u:p@/run/valkey.sock", Address("unix", path="/run/valkey.sock", user="u", password="p")),
    ],
)
def test_addresses(url: str, address: Address) -> None:
    assert parse_url(url) == address


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("", "valkey://"),
        ("localhost:6379", "valkey://"),
        ("http://a", "valkey://"),
        ("valkey://u:hidden@", "host is missing"),
        ("valkey://u:hidden@a:x", "no number"),
        ("valkey://u:hidden@a:70000", "65535"),
        ("valkey://u:hidden@a,b", "valkey+sentinel://"),
        ("valkey://u:hidden@a/1", "databases"),
        ("valkey://u:hidden@a?x=1", "?"),
        ("valkey+sentinel://u:hidden@a", "service"),
        ("valkey+cluster://u:hidden@a,", "host is missing"),
        ("valkey://u:hidden@[a", "no URL"),
        ("unix://u:hidden@a/b", "unix:///path"),
        ("unix://", "unix:///path"),
    ],
)
def test_one_sentence_says_what_is_wrong_without_the_password(url: str, hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_url(url)
    assert hint in str(error.value)
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)


def test_an_address_is_shown_without_user_and_password() -> None:
    assert str(parse_url("valkey+cluster://u:hidden@a,[::1]:7")) == "a:6379, [::1]:7"
    assert str(parse_url("unix://u:hidden@/run/x")) == "/run/x"
