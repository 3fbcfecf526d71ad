"""People who report somebody, in a FakeChat."""

from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, Reply

LONG_ENOUGH_S = 5.0  # for a report to count


def meets(fake_chat: FakeChat, a: Client, b: Client, criteria: Reply = BY_TEXT, lasts_s: float = LONG_ENOUGH_S) -> str:
    """A chat of the two that has gone on for so long. Returns its id."""
    fake_chat.introduce(a, b, criteria)
    fake_chat.pass_time(lasts_s)
    return a.chat


def is_reported(
    fake_chat: FakeChat, target: Client, reason: str = "spam", criteria: Reply = BY_TEXT, *, address: str = ""
) -> Client:
    """A newcomer meets the target and reports it. Returns the newcomer."""
    reporter = fake_chat.arrive(address=address)
    chat = meets(fake_chat, reporter, target, criteria)
    assert reporter.emit("report", chat, reason) == {"ok": True}
    assert target.hears() == [["ended", chat, "left"]], "the reported learn nothing of it"
    return reporter


def is_paused(fake_chat: FakeChat, target: Client, *reasons: str, criteria: Reply = BY_TEXT) -> None:
    """Four newcomers report the target, for these reasons or for spam."""
    for reason in reasons or ("spam",) * 4:
        is_reported(fake_chat, target, reason, criteria)


def may_search(client: Client, criteria: Reply = BY_TEXT) -> bool:
    """Whether a `find` is accepted; it is taken back at once."""
    answer = client.emit("find", criteria)
    if not answer["ok"]:
        assert answer["code"] == "paused", answer
        return False
    client.emit("leave")
    client.hears()
    return True
