"""Away and back: how long, which place it takes, and what it learns (protocol.md, rules 7 and 8)."""

from omefree.contract.limits import CONNECTIONS_PER_64
from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, is_well

OUTSIDE_S, IN_CHAT_S = 15, 120
PHONE = "192.0.2.1"  # another network, as of a phone that leaves its Wi-Fi


def is_back(client: Client) -> bool:
    """Whether it came back to what it had; else it is a fresh visitor."""
    return client.greeting["resumed"] is not None


def is_turned_away(client: Client, code: str = "full") -> bool:
    """Whether its CONNECT was refused, with the time to try again."""
    error = client.one("connect_error")
    return error["data"] == {"code": code, "retry_after_s": 5.0} and "welcome" not in client.names()


# --- how long ---


def test_a_phone_that_is_locked_for_45_s_or_100_s_keeps_its_chat(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for locked_s in (45, 100):
        a.fall_silent()
        fake_chat.pass_time(locked_s)
        a = a.come_back()
        assert a.greeting["resumed"]["chat"] == b.chat
        assert is_well(a, b)


def test_outside_a_chat_the_window_is_short(fake_chat: FakeChat) -> None:
    idle, searching = fake_chat.arrive(), fake_chat.arrive()
    searching.emit("find", BY_TEXT)
    for client in (idle, searching):
        client.cut()
    fake_chat.pass_time(OUTSIDE_S - 0.1)
    back = [client.come_back() for client in (idle, searching)]
    assert [client.greeting["resumed"]["state"] for client in back] == ["idle", "searching"]
    for client in back:
        client.cut()
    fake_chat.pass_time(OUTSIDE_S + 0.1)
    assert not any(is_back(client.come_back()) for client in back)


def test_both_figures_are_settings_and_told() -> None:
    fake_chat = FakeChat(resume_window_s=2, resume_window_chat_s=4)
    a, b = fake_chat.pair()
    idle = fake_chat.arrive()
    told = idle.greeting["limits"]
    assert (told["resume_window_s"], told["resume_window_chat_s"]) == (2, 4)
    for client in (a, idle):
        client.cut()
    fake_chat.pass_time(3)
    assert b.hears() == [["partner", b.chat, "away"]]
    assert not is_back(idle.come_back())
    fake_chat.pass_time(1.1)
    assert b.hears() == [["ended", b.chat, "lost"]]
    assert not is_back(a.come_back())


# --- the partner goes on meanwhile ---


def test_the_window_that_has_begun_runs_on_when_the_partner_goes_on(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.cut()
    fake_chat.pass_time(20)
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(IN_CHAT_S - 20.1)
    a = a.come_back()
    assert a.greeting["resumed"] == {"state": "idle"}
    assert a.hears() == [["ended", a.chat or b.chat, "skipped"]]


def test_the_window_ends_when_it_would_have_ended(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.cut()
    fake_chat.pass_time(100)
    b.emit("leave")
    fake_chat.pass_time(IN_CHAT_S - 99.9)
    assert not is_back(a.come_back())
    assert b.emit("again", b.chat)["code"] == "chat_over"


def test_both_may_ask_for_each_other_again(fake_chat: FakeChat) -> None:
    """Also if the one who stayed asked while the other was still away."""
    for asks_early in (False, True):
        a, b = fake_chat.pair()
        chat = b.chat
        a.cut()
        fake_chat.pass_time(30)
        b.emit("find", BY_TEXT)
        if asks_early:
            assert b.emit("again", chat) == {"ok": True}
        fake_chat.pass_time(60)
        back = a.come_back()
        for asker in (back,) if asks_early else (back, b):
            assert asker.emit("again", chat) == {"ok": True}
        assert back.chat == b.chat != chat
        assert is_well(back, b)
        for client in (back, b):
            client.disconnect()


def test_whose_chat_was_ended_on_a_dead_connection_has_the_window_of_a_chat(fake_chat: FakeChat) -> None:
    """Nobody had noticed yet that the connection was dead, so the visitor never heard of the end."""
    a, b = fake_chat.pair()
    a.fall_silent()
    fake_chat.pass_time(5)
    b.emit("leave")
    fake_chat.pass_time(60)
    back = a.come_back()
    assert back.hears() == [["ended", b.chat, "left"]]
    for asker in (back, b):
        assert asker.emit("again", b.chat) == {"ok": True}
    assert is_well(back, b)


def test_whoever_ended_its_chat_itself_has_the_short_window(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    a.cut()
    fake_chat.pass_time(OUTSIDE_S + 0.1)
    assert not is_back(a.come_back())


# --- the place of whoever is away ---


def test_whoever_is_away_keeps_its_place_and_nobody_else_gets_it() -> None:
    fake_chat = FakeChat(max_connections=2)
    a, b = fake_chat.pair()
    a.cut()
    for auth in ({}, {"resume": "n1." + "A" * 32}):
        other = fake_chat.knock(**auth)
        assert is_turned_away(other)
        other.cut()
    a = a.come_back()
    assert is_well(a, b)


def test_whose_dead_connection_nobody_has_noticed_comes_back_to_a_full_server_too() -> None:
    fake_chat = FakeChat(max_connections=2)
    a, b = fake_chat.pair()
    a.fall_silent()
    assert is_well(a.come_back(), b)
    assert fake_chat.gate.connected == 2


def test_it_comes_back_to_a_full_server_from_another_address() -> None:
    fake_chat = FakeChat(max_connections=2)
    a, b = fake_chat.pair()
    a.cut()
    a = a.come_back(PHONE)
    assert is_well(a, b)
    assert fake_chat.gate.connected == 2


def test_its_place_is_free_once_it_is_gone() -> None:
    fake_chat = FakeChat(max_connections=2)
    a, b = fake_chat.pair()
    a.cut()
    fake_chat.pass_time(IN_CHAT_S + 0.1)
    assert b.hears()[-1] == ["ended", b.chat, "lost"]
    assert fake_chat.arrive().is_open


def test_nobody_is_counted_twice(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for address in (a.address, PHONE, a.address):
        a.cut()
        assert fake_chat.gate.connected == 2
        a = a.come_back(address)
        assert fake_chat.gate.connected == 2
        a = a.come_back(address)  # takes over
        assert fake_chat.gate.connected == 2
    key = fake_chat.visitor(a).key
    assert fake_chat.gate.present(key) == 1
    for client in (a, b):
        client.disconnect()
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}


def test_a_spare_connection_takes_a_place_that_has_become_free() -> None:
    fake_chat = FakeChat(max_connections=3)
    a, b = fake_chat.pair()
    other = fake_chat.arrive()
    a.cut()
    late = Client(fake_chat)  # let in before CONNECT only
    other.disconnect()
    late.network.transport.opened()
    late.write("40")
    assert late.names()[:2] == ["connect", "welcome"]
    assert b.is_open


def test_who_opens_chats_and_drops_them_fills_its_own_limit_alone(fake_chat: FakeChat) -> None:
    """As many as one /64 may have: no more are held, however many connections come and go."""
    mine = "2001:db8::1"
    left = []
    for _ in range(CONNECTIONS_PER_64):
        a, b = fake_chat.arrive(address=mine), fake_chat.arrive()
        fake_chat.introduce(a, b)
        a.cut()
        left.append((a, b))
        fake_chat.pass_time(0.2)  # the quota of new connections
    key = next(v.key for v in fake_chat.presence.visitors.values() if v.socket is None)
    for _ in range(3):
        assert is_turned_away(fake_chat.knock(address=mine), "rate_limited")
        fake_chat.pass_time(0.2)
    assert fake_chat.gate.present(key) == CONNECTIONS_PER_64 + 3, "those that were refused go in 10 s"
    assert fake_chat.arrive(address="2001:db8:1::1").is_open
    a, b = left[-1]
    assert is_well(a.come_back(), b)
    fake_chat.pass_time(IN_CHAT_S + 0.1)
    assert fake_chat.gate.present(key) == 1, "the one that came back"


def test_a_connection_that_never_connects_takes_no_place_for_long() -> None:
    fake_chat = FakeChat(max_connections=2)
    a, b = fake_chat.pair()
    a.cut()
    client = Client(fake_chat)
    client.network.transport.opened()
    fake_chat.pass_time(46)  # the engine waits no longer for CONNECT
    assert not client.is_open
    assert is_well(a.come_back(), b)
    assert fake_chat.gate.connected == 2


def test_a_crowd_counts_who_is_away(fake_chat: FakeChat) -> None:
    """The rule for reports judges an address by how many share it: a lift must not make a crowd a household."""
    clients = [fake_chat.arrive(address=PHONE) for _ in range(4)]
    key = fake_chat.visitor(clients[0]).key
    assert fake_chat.records.present(key) == 4
    clients[0].cut()
    assert fake_chat.records.present(key) == 4
    fake_chat.pass_time(OUTSIDE_S + 0.1)
    assert fake_chat.records.present(key) == 3


# --- the end of the server, and the operator ---


def test_a_server_that_stops_waits_for_nobody(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.cut()
    fake_chat.presence.drain()
    assert b.hears() == [["partner", b.chat, "away"], ["ended", b.chat, "drained"]]
    assert fake_chat.holds()["visitors"] == 1
    assert fake_chat.gate.connected == 1


def test_a_block_reaches_whoever_is_away(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    key = fake_chat.visitor(a).key
    a.cut()
    fake_chat.presence.operator.shut_out({key})
    assert b.hears() == [["partner", b.chat, "away"], ["ended", b.chat, "moderated"]]
    assert not is_back(a.come_back())
