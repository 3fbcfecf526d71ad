"""The `online` event: when it changed, at most every 5 s, encoded once, its sending spread (protocol.md)."""

from omefree.chat.counter import BATCH, BETWEEN_BATCHES_S
from tests.chat.fake_chat import Client, FakeChat


def told(client: Client) -> list[int]:
    """The counts that a client was told since it was last asked."""
    counts = [event[1] for event in client.heard if event[0] == "online"]
    client.heard.clear()
    return counts


def test_whoever_is_here_hears_who_came_and_went(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    fake_chat.pass_time(5)
    told(a)
    b = fake_chat.arrive()
    fake_chat.pass_time(5)
    assert told(a) == [2]
    b.disconnect()
    fake_chat.pass_time(5)
    assert told(a) == [1]


def test_many_changes_are_told_at_most_every_5_s(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    fake_chat.pass_time(10)
    told(a)
    for _ in range(50):  # ten seconds of arrivals
        fake_chat.arrive()
        fake_chat.pass_time(0.2)
    fake_chat.pass_time(5)
    counts = told(a)
    assert len(counts) <= 4
    assert counts == sorted(counts)
    assert counts[-1] == 51


def test_the_first_change_after_a_quiet_time_is_told_at_once(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    fake_chat.pass_time(60)
    told(a)
    fake_chat.arrive()
    fake_chat.pass_time(0.1)
    assert told(a) == [2]


def test_nothing_is_told_while_nothing_changes(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    fake_chat.pass_time(5)
    told(a)
    for _ in range(10):
        a.emit("message", a.chat, "x")
        b.cut()
        b = b.come_back()  # gone and back before anybody was told
        fake_chat.pass_time(0)
    fake_chat.pass_time(60)
    assert set(told(a)) <= {2}


def test_a_newcomer_is_not_left_with_a_count_that_nobody_else_has(fake_chat: FakeChat) -> None:
    """One comes and one goes within the 5 s: the others have the right count already, the newcomer has not."""
    a = fake_chat.arrive()
    fake_chat.arrive()
    fake_chat.pass_time(0.1)
    newcomer = fake_chat.arrive()
    assert newcomer.greeting["online"] == 3
    a.disconnect()
    fake_chat.pass_time(5)
    assert told(newcomer) == [2]


def test_whoever_is_away_is_not_counted(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    b.cut()
    fake_chat.pass_time(5)
    assert told(a)[-1] == 1
    b.come_back()
    fake_chat.pass_time(5)
    assert told(a)[-1] == 2


def test_the_sending_is_spread_over_batches(fake_chat: FakeChat) -> None:
    clients = [fake_chat.arrive() for _ in range(2 * BATCH + 10)]
    for client in clients:
        told(client)
    fake_chat.pass_time(BETWEEN_BATCHES_S + 0.001)
    reached = []
    for _ in range(4):
        reached.append(sum(bool(client.heard) for client in clients))
        fake_chat.pass_time(BETWEEN_BATCHES_S)
    assert reached == [BATCH, 2 * BATCH, len(clients), len(clients)]
    assert {tuple(told(client)) for client in clients} == {(len(clients),)}


def test_it_is_encoded_once(fake_chat: FakeChat) -> None:
    clients = [fake_chat.arrive() for _ in range(10)]
    frames: list[bytes] = []
    for client in clients:
        client.network.transport.send = frames.append
    fake_chat.pass_time(1)
    assert len(frames) == 10
    assert len({id(frame) for frame in frames}) == 1


def test_who_leaves_while_the_others_are_told_is_no_trouble(fake_chat: FakeChat) -> None:
    clients = [fake_chat.arrive() for _ in range(BATCH + 10)]
    fake_chat.pass_time(BETWEEN_BATCHES_S + 0.001)
    for client in clients[BATCH - 5 :]:
        client.disconnect()
    fake_chat.pass_time(6)
    assert told(clients[0])[-1] == BATCH - 5
