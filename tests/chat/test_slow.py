"""Rule 6: a reader that does not read is closed, its partner is told, and nobody waits for either."""

from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, is_well

QUEUE_BYTES = 20_000


def test_a_reader_that_does_not_read_is_closed_and_its_partner_told() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.pair()
    b.network.reads = False
    answers = [a.emit("message", a.chat, "x" * 9_000) for _ in range(3)]
    assert [answer.get("code") for answer in answers] == [None, None, "partner_away"]
    assert not b.is_open
    assert a.hears()[2:] == [["partner", a.chat, "away"], ["ack", answers[2]]]
    fake_chat.pass_time(120.1)
    assert a.hears() == [["ended", a.chat, "lost"]]


def test_it_may_come_back_and_read() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.pair()
    b.network.reads = False
    while a.emit("message", a.chat, "x" * 9_000)["ok"]:
        pass
    assert is_well(a, b.come_back())


def test_typing_alone_fills_no_queue_for_ever() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES, quota_scale=1_000)
    a, b = fake_chat.pair()
    b.network.reads = False
    for _ in range(QUEUE_BYTES):
        if not a.emit("typing", a.chat, True)["ok"]:
            break
    assert not b.is_open
    assert b.network.unread <= QUEUE_BYTES + 100


def test_whoever_does_not_read_its_own_answers_is_closed() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.pair()
    a.network.reads = False
    while a.is_open:
        a.tell("leave", "x" * 1_000)
    assert b.hears() == [["partner", b.chat, "away"]]


def test_a_slow_reader_that_searches_is_not_found() -> None:
    """The very answer to its `find` was too much: it searches on when it is back, and nobody meets it before."""
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.network.reads = False
    a.network.unread = QUEUE_BYTES
    a.tell("find", BY_TEXT)
    assert not a.is_open
    assert "searching" not in fake_chat.holds()
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(1)
    assert b.names() == ["ack", "searching"]
    assert is_well(a.come_back(), b)


def test_a_slow_reader_that_is_matched_is_seen_to_be_away() -> None:
    """Its `matched` was too much: the partner hears `away` after its own `matched`, when that makes sense."""
    for order in (0, 1):
        fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
        clients = [fake_chat.arrive(), fake_chat.arrive()]
        slow, other = clients[order], clients[1 - order]
        clients[0].emit("find", BY_TEXT)
        clients[1].post("find", BY_TEXT)
        slow.network.reads = False
        slow.network.unread = QUEUE_BYTES
        fake_chat.pass_time(0)
        heard = [event for event in other.hears() if event[1:] == [other.chat, "away"] or event[0] == "matched"]
        assert heard[-1] == ["partner", other.chat, "away"]
        assert heard[-2][0] == "matched"
        assert is_well(slow.come_back(), other)


def test_a_slow_reader_that_asked_again_is_met_when_it_is_back() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.pair()
    a.emit("leave")
    b.emit("again", b.chat)
    a.network.reads = False
    a.network.unread = QUEUE_BYTES
    a.write(f'421["again","{a.chat}"]')  # its acknowledgement is too much
    assert "matched" not in b.names()
    assert is_well(a.come_back(), b)


def test_a_slow_reader_that_is_back_and_too_slow_for_its_welcome_stays_away() -> None:
    fake_chat = FakeChat(send_queue_bytes=QUEUE_BYTES)
    a, b = fake_chat.pair()
    a.cut()
    slow = Client(fake_chat)
    slow.network.transport.opened()
    slow.network.reads = False
    slow.network.unread = QUEUE_BYTES - 100  # enough for the CONNECT packet
    slow.write(f'40{{"resume":"{a.token}"}}')
    assert not slow.is_open
    assert {tuple(event) for event in b.hears()} == {("partner", b.chat, "away")}
    assert b.emit("message", b.chat, "x")["code"] == "partner_away"
    assert is_well(a.come_back(), b)
