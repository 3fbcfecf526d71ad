"""`find`, `leave`, `searching`, `matched` (protocol.md, "Events from the visitor")."""

from typing import Any

import pytest

from tests.chat.fake_chat import BY_TEXT, HOST, TURN, VIDEO, Client, FakeChat, is_well

COMMIT = "A" * 43


def matched(client: Client) -> dict[str, Any]:
    answer = client.one("matched")
    assert isinstance(answer, dict)
    return answer


def meet(fake_chat: FakeChat, one: dict[str, Any], two: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two newcomers who search with these criteria are told of each other."""
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", one)
    b.emit("find", two)
    return matched(a), matched(b)


def do_not_meet(fake_chat: FakeChat, one: dict[str, Any], two: dict[str, Any]) -> bool:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", one)
    b.emit("find", two)
    return a.chat == b.chat == ""


# --- find ---


def test_the_answers_come_in_the_order_acknowledgement_searching_matched(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    assert a.names() == b.names() == ["ack", "searching", "matched"]


def test_without_an_acknowledgement_the_answer_is_searching(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a.tell("find", BY_TEXT)
    assert a.hears() == [["searching", {"since_s": 0, "widened": False}]]


def test_matched_tells_all_that_a_call_needs(fake_chat: FakeChat) -> None:
    a, b = meet(fake_chat, VIDEO, VIDEO)
    assert a.pop("polite") != b.pop("polite")
    assert a == b
    assert len(a.pop("chat")) == 16  # 96 bits
    assert a == {
        "mode": "video",
        "common": [],
        "languages": [],
        "relay_only": False,
        "ice_servers": [{"urls": [f"stun:{HOST}:3478"]}],
        "seal": None,
        "step_max": 2,
    }


def test_who_is_polite_is_chance(fake_chat: FakeChat) -> None:
    assert {meet(fake_chat, BY_TEXT, BY_TEXT)[0]["polite"] for _ in range(60)} == {True, False}


def test_no_two_chats_have_the_same_id(fake_chat: FakeChat) -> None:
    assert len({meet(fake_chat, BY_TEXT, BY_TEXT)[0]["chat"] for _ in range(100)}) == 100


def test_only_shared_interests_are_told_and_each_in_one_s_own_spelling(fake_chat: FakeChat) -> None:
    a, b = meet(
        fake_chat,
        {"mode": "text", "interests": ["#Cinéma", "cats", "private"]},
        {"mode": "text", "interests": ["dogs", "CINEMA", "CATS"]},
    )
    assert sorted(a["common"]) == ["Cinéma", "cats"]
    assert sorted(b["common"]) == ["CATS", "CINEMA"]


def test_languages_shared_are_told_as_primary_subtags(fake_chat: FakeChat) -> None:
    a, b = meet(
        fake_chat,
        {"mode": "text", "languages": ["fr-CA", "en", "de"]},
        {"mode": "text", "languages": ["EN-gb", "FR", "it"]},
    )
    assert a["languages"] == b["languages"] == ["en", "fr"]


def test_whoever_says_nothing_of_languages_meets_anybody(fake_chat: FakeChat) -> None:
    a, _ = meet(fake_chat, {"mode": "text", "languages": ["fr"]}, BY_TEXT)
    assert a["languages"] == []


def test_languages_that_do_not_meet_part(fake_chat: FakeChat) -> None:
    assert do_not_meet(fake_chat, {"mode": "text", "languages": ["fr"]}, {"mode": "text", "languages": ["en"]})


def test_modes_do_not_mix(fake_chat: FakeChat) -> None:
    assert do_not_meet(fake_chat, BY_TEXT, VIDEO)


def test_seals_reach_the_partner(fake_chat: FakeChat) -> None:
    one, two = {"v": 1, "commit": COMMIT}, {"v": 1, "commit": "_-" + COMMIT[2:]}
    a, b = meet(fake_chat, {"mode": "text", "seal": one}, {"mode": "text", "seal": two})
    assert (a["seal"], b["seal"]) == (two, one)


@pytest.mark.parametrize("other", [None, {"v": 2, "commit": COMMIT}])
def test_only_the_same_seal_version_is_paired(fake_chat: FakeChat, other: dict[str, Any] | None) -> None:
    assert do_not_meet(fake_chat, {"mode": "text", "seal": {"v": 1, "commit": COMMIT}}, {"mode": "text", "seal": other})


def test_a_seal_serves_one_search_only(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a.emit("find", {"mode": "text", "seal": {"v": 1, "commit": COMMIT}})
    a.emit("find", BY_TEXT)
    b = fake_chat.arrive()
    b.emit("find", BY_TEXT)
    assert matched(b)["seal"] is None


def test_both_relay_if_either_hides() -> None:
    fake_chat = FakeChat(has_turn=True)
    a, b = meet(fake_chat, {"mode": "video", "hide": True}, VIDEO)
    assert a["relay_only"] is b["relay_only"] is True


def test_hiding_takes_a_turn_server(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    answer = a.emit("find", {"mode": "video", "hide": True})
    assert (answer["ok"], answer["code"]) == (False, "no_turn")
    assert a.names() == ["ack"]


def test_a_video_chat_gets_turn_credentials_of_one_s_own_for_ten_minutes() -> None:
    fake_chat = FakeChat(has_turn=True)
    a, b = meet(fake_chat, VIDEO, VIDEO)
    turns = [servers["ice_servers"][1] for servers in (a, b)]
    for turn in turns:
        assert turn["urls"] == [TURN]
        assert int(turn["username"].split(":")[0]) == fake_chat.clock.time() + 600
        assert turn["credential"]
    assert turns[0] != turns[1]


def test_a_text_chat_gets_no_turn_credentials() -> None:
    a, _ = meet(FakeChat(has_turn=True), BY_TEXT, BY_TEXT)
    assert len(a["ice_servers"]) == 1


# --- patience ---


def test_patience_that_runs_out_is_told_and_the_search_goes_on(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a.emit("find", {"mode": "text", "interests": ["jazz"]})
    fake_chat.pass_time(4.9)
    assert a.hears()[1:] == [["searching", {"since_s": 0, "widened": False}]]
    fake_chat.pass_time(0.2)
    assert a.hears() == [["searching", {"since_s": 5.0, "widened": True}]]
    b = fake_chat.arrive()
    b.emit("find", BY_TEXT)
    assert matched(b)["common"] == []


@pytest.mark.parametrize("criteria", [BY_TEXT, {"mode": "text", "interests": ["jazz"], "patience_s": None}])
def test_without_patience_to_run_out_nothing_is_told(fake_chat: FakeChat, criteria: dict[str, Any]) -> None:
    a = fake_chat.arrive()
    a.emit("find", criteria)
    a.hears()
    fake_chat.pass_time(3600)
    assert a.hears() == []


def test_patience_null_is_only_a_shared_interest(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", {"mode": "text", "interests": ["jazz"], "patience_s": None})
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(3600)
    assert a.chat == b.chat == ""


def test_no_patience_at_all_takes_anybody_at_once(fake_chat: FakeChat) -> None:
    a, b = meet(fake_chat, {"mode": "text", "interests": ["jazz"], "patience_s": 0}, BY_TEXT)
    assert a["chat"] == b["chat"]


# --- criteria that are not valid ---


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "both"),
        ("mode", None),
        ("mode", "` - at `$[1].hide`"),
        ("interests", "jazz"),
        ("interests", [1]),
        ("interests", [str(number) for number in range(11)]),
        ("interests", ["x" * 33]),
        ("interests", ["x " * 65]),
        ("languages", None),
        ("languages", ["fr", 5]),
        ("languages", ["french!"]),
        ("languages", ["aa", "bb", "cc", "dd", "ee", "ff"]),
        ("patience_s", -1),
        ("patience_s", 60.5),
        ("patience_s", "5"),
        ("patience_s", True),
        ("hide", 1),
        ("seal", "v1"),
        ("seal", {"v": 1}),
        ("seal", {"v": 0, "commit": COMMIT}),
        ("seal", {"v": 256, "commit": COMMIT}),
        ("seal", {"v": 1, "commit": COMMIT[1:]}),
        ("seal", {"v": 1, "commit": COMMIT[1:] + "="}),
        ("seal", {"v": 1, "commit": COMMIT + "\n"}),
        ("from", 5),
    ],
)
def test_a_bad_criterion_is_named_and_nothing_changes(fake_chat: FakeChat, field: str, value: object) -> None:
    a = fake_chat.arrive()
    answer = a.emit("find", {"mode": "text", field: value})
    assert answer.pop("message")
    assert answer == {"ok": False, "code": "bad_criteria", "field": field}
    assert a.names() == ["ack"]
    assert fake_chat.holds()["visitors"] == 1
    assert "searching" not in fake_chat.holds()


@pytest.mark.parametrize(("hesitation_s", "meet_at_once"), [(5.0, False), (0.0, True)])
def test_two_who_share_little_hesitate_where_many_come(hesitation_s: float, meet_at_once: bool) -> None:
    fake_chat = FakeChat(hesitation_s=hesitation_s)
    for number in range(60):
        before = fake_chat.arrive()
        before.emit("find", {"mode": "text", "interests": ["music" if number % 4 else "chess"]})
        before.emit("leave")
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", {"mode": "text", "interests": ["music", "chess"]})
    b.emit("find", {"mode": "text", "interests": ["music"]})
    assert bool(a.chat) == meet_at_once
    fake_chat.pass_time(5)
    assert matched(a)["common"] == ["music"]


def test_interests_arrive_clean_whatever_was_typed(fake_chat: FakeChat) -> None:
    typed = ["", " \t", "\x00\x1b", "#", "\u202eCIN\u00c9MA\u202c", "  #Cinema ", "\u200b", "🎬", "C\u0327a va"]
    a, b = fake_chat.arrive(), fake_chat.arrive()
    assert a.emit("find", {"mode": "text", "interests": typed}) == {"ok": True}
    (searching,) = [visitor.ticket for visitor in fake_chat.presence.visitors.values() if visitor.ticket is not None]
    assert searching.interests == {"cinema": "CINÉMA", "🎬": "🎬", "ca va": "C\u0327a va"}
    b.emit("find", {"mode": "text", "interests": ["Kino"]})
    assert (matched(a)["common"], matched(b)["common"]) == (["CINÉMA"], ["Kino"])


def test_interests_of_which_nothing_is_left_are_none(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    assert a.emit("find", {"mode": "text", "interests": ["", "\u202e", "##"], "patience_s": None}) == {"ok": True}
    b.emit("find", {"mode": "text"})
    assert matched(a)["common"] == []


def test_the_mode_may_not_be_left_out(fake_chat: FakeChat) -> None:
    answer = fake_chat.arrive().emit("find", {"interests": ["jazz"]})
    assert (answer["code"], answer["field"]) == ("bad_criteria", "mode")


def test_a_bad_criterion_is_named_also_without_an_acknowledgement(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a.tell("find", {"mode": "text", "interests": ["x" * 33]})
    failed = a.one("failed")
    assert failed.pop("message")
    assert failed == {"event": "find", "chat": None, "code": "bad_criteria", "field": "interests"}


def test_a_bad_criterion_does_not_end_the_chat(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("find", {"mode": "none"})["code"] == "bad_criteria"
    assert a.emit("find", {"mode": "text", "languages": ["?"]})["code"] == "bad_criteria"
    assert is_well(a, b)


@pytest.mark.parametrize("limit", [{"interests": [f"tag {n}" for n in range(10)]}, {"interests": ["x" * 32]},
                                   {"languages": ["aa", "bb", "cc", "dd", "ee"]}, {"patience_s": 60}])  # fmt: skip
def test_what_is_just_within_the_limits_is_taken(fake_chat: FakeChat, limit: dict[str, Any]) -> None:
    assert fake_chat.arrive().emit("find", {"mode": "text", **limit}) == {"ok": True}


def test_unknown_criteria_are_dropped_and_never_forwarded(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.request('["find",{"mode":"text","__proto__":{"polite":true},"constructor":1,"future":[[]]}]')
    b.emit("find", BY_TEXT)
    assert set(matched(b)) == {
        "chat",
        "polite",
        "mode",
        "common",
        "languages",
        "relay_only",
        "ice_servers",
        "seal",
        "step_max",
    }


def test_a_duplicate_criterion_means_its_last_value(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.request('["find",{"mode":"video","mode":"text"}]')
    b.emit("find", BY_TEXT)
    assert a.chat == b.chat != ""


# --- from ---


def test_find_from_the_chat_that_one_is_in_goes_on_to_the_next(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("find", {"mode": "text", "from": a.chat}) == {"ok": True}
    assert b.hears() == [["ended", b.chat, "skipped"]]


@pytest.mark.parametrize("from_", [None, "another", ""])
def test_a_click_that_crosses_a_match_does_not_end_the_chat(fake_chat: FakeChat, from_: str | None) -> None:
    a, b = fake_chat.pair()
    assert a.emit("find", {"mode": "text", "from": from_})["code"] == "chat_over"
    assert is_well(a, b)


def test_find_from_a_chat_that_is_over_does_not_search(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    b.emit("leave")
    a.hears()
    assert a.emit("find", {"mode": "text", "from": a.chat})["code"] == "chat_over"
    assert a.names() == ["ack"]


def test_find_from_no_chat_is_right_without_one(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    for _ in range(2):  # idle, then searching
        assert a.emit("find", {"mode": "text", "from": None}) == {"ok": True}


def test_without_from_find_is_next_in_any_chat(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("find", BY_TEXT) == {"ok": True}
    assert b.names() == ["ended"]


# --- next ---


def test_next_tells_the_partner_skipped_and_the_ender_only_its_acknowledgement(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("find", BY_TEXT)
    assert b.hears() == [["ended", b.chat, "skipped"]]
    assert a.hears() == [["ack", {"ok": True}], ["searching", {"since_s": 0, "widened": False}]]


def test_after_next_neither_hears_the_other(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("find", BY_TEXT)
    for client in (a, b):
        assert client.emit("message", client.chat, "late")["code"] == "chat_over"


def test_next_begins_a_new_search_in_time(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    fake_chat.pass_time(30)
    a.hears()
    a.emit("find", BY_TEXT)
    assert a.one("searching")["since_s"] == 0


def test_find_while_searching_replaces_the_criteria_and_keeps_the_place_in_time(fake_chat: FakeChat) -> None:
    a, b, c = fake_chat.arrive(), fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", VIDEO)
    fake_chat.pass_time(2)
    b.emit("find", {"mode": "text", "interests": ["jazz"], "patience_s": None})
    fake_chat.pass_time(2)
    a.hears()
    a.emit("find", {"mode": "text", "interests": ["jazz"], "patience_s": None, "languages": ["fr"]})
    assert a.chat == b.chat != ""
    assert a.hears()[1] == ["searching", {"since_s": 4.0, "widened": False}]
    c.emit("find", VIDEO)
    assert c.chat == ""


def test_whoever_has_waited_longest_is_found_first_also_after_new_criteria(fake_chat: FakeChat) -> None:
    a, b, c = fake_chat.arrive(), fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", {"mode": "text", "languages": ["fr"]})
    fake_chat.pass_time(1)
    b.emit("find", {"mode": "text", "languages": ["de"]})
    fake_chat.pass_time(1)
    a.emit("find", {"mode": "text", "languages": ["en"]})
    c.emit("find", BY_TEXT)
    assert c.chat == a.chat != ""
    assert b.chat == ""


def test_no_instant_rematch_when_there_is_nobody_else(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    a.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(59.9)
    assert a.chat == b.chat == first
    fake_chat.pass_time(0.2)
    assert a.chat == b.chat != first


def test_next_meets_a_third_and_not_the_last_one(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("find", BY_TEXT)
    fake_chat.pass_time(1)
    b.emit("find", BY_TEXT)
    c = fake_chat.arrive()
    c.emit("find", BY_TEXT)
    assert c.chat in (a.chat, b.chat)  # both searched from the same moment on: chance decides
    assert a.chat != b.chat


# --- leave ---


def test_leave_ends_the_chat_and_the_partner_hears_left(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("leave", a.chat) == {"ok": True}
    assert a.hears() == [["ack", {"ok": True}]]
    assert b.hears() == [["ended", b.chat, "left"]]


@pytest.mark.parametrize("args", [[], [None]])
def test_leave_needs_no_chat(fake_chat: FakeChat, args: list[None]) -> None:
    a, b = fake_chat.pair()
    assert a.emit("leave", *args) == {"ok": True}
    assert b.names() == ["ended"]


def test_leave_ends_the_search(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    assert a.emit("leave") == {"ok": True}
    b.emit("find", BY_TEXT)
    assert a.chat == b.chat == ""


def test_leave_of_another_chat_changes_nothing(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("leave", "another")["code"] == "chat_over"
    assert is_well(a, b)


def test_leave_of_a_chat_does_not_end_a_search(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    assert a.emit("leave", "some chat")["code"] == "chat_over"
    b.emit("find", BY_TEXT)
    assert a.chat == b.chat != ""


def test_leave_without_anything_to_leave_is_fine(fake_chat: FakeChat) -> None:
    assert fake_chat.arrive().emit("leave") == {"ok": True}


def test_whoever_left_stays_connected_and_may_search_again(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    c = fake_chat.arrive()
    fake_chat.introduce(a, c)
    assert is_well(a, c)


# --- ice ---


def test_ice_gives_fresh_turn_credentials_in_the_acknowledgement() -> None:
    fake_chat = FakeChat(has_turn=True)
    a, _ = fake_chat.pair(VIDEO)
    one, two = a.emit("ice"), a.emit("ice")
    assert one["ok"] is True
    assert one["ice_servers"][0] == {"urls": [f"stun:{HOST}:3478"]}
    assert one["ice_servers"][1]["urls"] == [TURN]
    assert one["ice_servers"][1]["credential"] != two["ice_servers"][1]["credential"]


def test_ice_can_be_asked_for_without_a_chat_for_a_connection_test() -> None:
    assert len(FakeChat(has_turn=True).arrive().emit("ice")["ice_servers"]) == 2


def test_ice_without_turn_is_stun_alone(fake_chat: FakeChat) -> None:
    assert fake_chat.arrive().emit("ice") == {"ok": True, "ice_servers": [{"urls": [f"stun:{HOST}:3478"]}]}
