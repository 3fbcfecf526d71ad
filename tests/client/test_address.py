import pytest

from omefree.client.address import PATH, read_address
from omefree.errors import ConnectError


@pytest.mark.parametrize(
    ("typed", "url", "host"),
    [
        ("https://chat.example", "wss://chat.example", "chat.example"),
        ("HTTPS://Chat.Example/", "wss://chat.example", "chat.example"),
        ("http://chat.example", "ws://chat.example", "chat.example"),
        ("wss://chat.example:443/#about", "wss://chat.example", "chat.example"),
        ("ws://chat.example:8000/page?x=1", "ws://chat.example:8000", "chat.example:8000"),
        ("https://example.org/chat/", "wss://example.org/chat", "example.org/chat"),
        ("example.org:8443/a/b/privacy?lang=fr", "wss://example.org:8443/a/b", "example.org:8443/a/b"),
        ("https://chat.example/privacy", "wss://chat.example", "chat.example"),
        ("chat.example", "wss://chat.example", "chat.example"),
        (" chat.example:8443 ", "wss://chat.example:8443", "chat.example:8443"),
        ("localhost:8000", "ws://localhost:8000", "localhost:8000"),
        ("me.localhost", "ws://me.localhost", "me.localhost"),
        ("127.0.0.1:80", "ws://127.0.0.1", "127.0.0.1"),
        ("https://localhost", "wss://localhost", "localhost"),
        ("::1", "ws://[::1]", "[::1]"),
        ("[::1]:8000", "ws://[::1]:8000", "[::1]:8000"),
        ("[2001:db8::7]", "wss://[2001:db8::7]", "[2001:db8::7]"),
        ("http://[2001:db8::7]:8000", "ws://[2001:db8::7]:8000", "[2001:db8::7]:8000"),
        ("bücher.example", "wss://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_what_people_type(typed: str, url: str, host: str) -> None:
    address = read_address(typed)
    assert (address.url, address.host) == (url + PATH, host)


@pytest.mark.parametrize("typed", ["https://chat.example", "http://localhost:8000", "https://example.org/a/b/"])
def test_the_address_that_was_made_can_be_given_again(typed: str) -> None:
    address = read_address(typed)
    assert read_address(address.url) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "https://", "://chat.example", "ftp://chat.example", "chat.example:port", "chat.example:99999",
        "https://me:secret@chat.example", "two words", "chat.example\x1b[2J", "[::1", "http://[::1", "a" * 70 + "ü",
        "https://-<>.example", "http://a\nb", "chat.example/a b/", "chat.example/é/",
    ],
)  # fmt: skip
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ConnectError) as error:
        read_address(typed)
    assert error.value.reason == "address"
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)
