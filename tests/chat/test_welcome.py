"""CONNECT, and the first event (protocol.md, "Connection")."""

import pytest

from omefree.contract.limits import QUOTAS
from tests.chat.fake_chat import HOST, FakeChat


def test_whoever_connects_is_told_all_that_a_client_needs_to_start(fake_chat: FakeChat) -> None:
    welcome = fake_chat.arrive().greeting
    quotas = welcome["limits"].pop("quotas")
    assert welcome.pop("resume").startswith("n1.")
    assert welcome == {
        "v": 1,
        "server": "omefree/test",
        "online": 1,
        "ice_servers": [{"urls": [f"stun:{HOST}:3478"]}],
        "limits": {
            "interests": 10,
            "interest_chars": 32,
            "languages": 5,
            "signal_bytes": 49_152,
            "message_bytes": 16_384,
            "resume_window_s": 15.0,
            "resume_window_chat_s": 120.0,
            "pause_max_s": 7200.0,
        },
        "resumed": None,
        "relay": False,
    }
    assert quotas == {name: {"rate_s": quota.rate_s, "burst": quota.burst} for name, quota in QUOTAS.items()}


def test_welcome_comes_right_after_the_connect_packet(fake_chat: FakeChat) -> None:
    assert fake_chat.knock().names() == ["connect", "welcome"]


def test_sid_and_token_begin_with_their_home_s_tag() -> None:
    client = FakeChat(node="abcd").knock()
    assert client.session.sid.startswith("abcd.")
    assert client.one("welcome")["resume"].startswith("abcd.")


def test_the_quotas_told_are_the_scaled_ones() -> None:
    quotas = FakeChat(quota_scale=2.5).arrive().greeting["limits"]["quotas"]
    assert quotas["message"] == {"rate_s": 25.0, "burst": 100}
    assert quotas["find"] == {"rate_s": 2.5, "burst": 25}


def test_however_small_the_scale_everything_can_be_done_once() -> None:
    client = FakeChat(quota_scale=0.001).arrive()
    assert client.greeting["limits"]["quotas"]["find"] == {"rate_s": 0.001, "burst": 1}
    assert client.emit("find", {"mode": "text"}) == {"ok": True}
    assert client.emit("find", {"mode": "text"})["retry_after_s"] == 1_000


def test_turn_credentials_do_not_come_with_the_welcome() -> None:
    assert FakeChat(has_turn=True).arrive().greeting["ice_servers"] == [{"urls": [f"stun:{HOST}:3478"]}]


@pytest.mark.parametrize("auth", ["", "{}", '{"v":1}', '{"resume":null}', '{"v":1,"resume":"never given","more":[{}]}'])
def test_version_and_token_may_be_left_out(fake_chat: FakeChat, auth: str) -> None:
    assert fake_chat.knock(auth).one("welcome")["resumed"] is None


@pytest.mark.parametrize("version", ["2", "0", "-1", '"1"', "null", "true", "1.5", "[]", "{}", "1" + "0" * 400])
def test_a_client_of_another_version_is_told_which_are_spoken(fake_chat: FakeChat, version: str) -> None:
    client = fake_chat.knock(f'{{"v":{version}}}')
    error = client.one("connect_error")
    assert error["message"]
    assert error["data"] == {"code": "version", "speaks": [1]}
    assert fake_chat.presence.visitors == {}


NESTED = '{"x":' + "[" * 9_000 + "]" * 9_000 + "}"


@pytest.mark.parametrize("auth", ['{"resume":5}', "{", '{"resume":"\\ud800"}', NESTED])
def test_auth_that_is_nonsense_is_refused(fake_chat: FakeChat, auth: str) -> None:
    client = fake_chat.knock(auth)
    assert client.one("connect_error")["data"] == {"code": "bad_args"}
    assert fake_chat.presence.visitors == {}


def test_whoever_was_refused_may_try_again_on_the_same_link(fake_chat: FakeChat) -> None:
    client = fake_chat.knock('{"v":2}')
    client.write('40{"v":1}')
    assert client.names() == ["connect_error", "connect", "welcome"]


def test_while_draining_nobody_comes_in(fake_chat: FakeChat) -> None:
    fake_chat.presence.drain()
    assert fake_chat.knock().one("connect_error")["data"] == {"code": "draining"}
    assert fake_chat.presence.visitors == {}


def test_another_namespace_is_refused(fake_chat: FakeChat) -> None:
    client = fake_chat.arrive()
    client.write("40/admin,")
    assert client.is_open
    client.write("42/admin,[]")
    assert not client.is_open


def test_an_event_before_connect_ends_the_connection(fake_chat: FakeChat) -> None:
    client = fake_chat.knock('{"v":2}')
    client.tell("find", {"mode": "text"})
    assert client.network.close_code == 1002


def test_disconnect_ends_the_connection_too(fake_chat: FakeChat) -> None:
    client = fake_chat.arrive()
    client.disconnect()
    assert client.network.close_code == 1000


@pytest.mark.parametrize("has_turn", [True, False])
def test_the_page_is_told_whether_an_address_can_be_hidden(has_turn: bool) -> None:
    assert FakeChat(has_turn=has_turn).arrive().greeting["relay"] is has_turn
