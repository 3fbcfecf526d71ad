"""Two strangers, one with the JavaScript client and one with the Python client, in the whole server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import omefree
from tests.clients.official import TRANSPORTS, JavaScript, Python

SOURCE = Path(omefree.__file__).parents[1]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server in a process of its own."""
    page = tmp_path_factory.mktemp("static")
    (page / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    command = [sys.executable, "-m", "omefree", "serve", "--port", "0", "--stun-port", "0", "--static-dir", str(page)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(SOURCE)}
    ) as process:
        assert process.stderr is not None
        found = next(filter(None, (re.search(r"event=serving url=(\S+)", line) for line in process.stderr)))
        yield found[1]
        process.terminate()
        process.stderr.read()
        assert process.wait(10) == 0


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
async def test_two_languages_meet_talk_and_part(url: str, transports: list[str]) -> None:
    ann, bob = JavaScript(), Python()
    for visitor in (ann, bob):
        await visitor.connect(url, transports)
        name, welcome = await visitor.event()
        assert (name, welcome["v"]) == ("welcome", 1)
        assert await visitor.call("find", {"mode": "text"}) == [{"ok": True}]
        assert (await visitor.event())[0] in ("searching", "online")

    async def heard(visitor: JavaScript | Python, name: str) -> list[object]:
        """The arguments of the next event of that name."""
        while (event := await visitor.event())[0] != name:
            assert event[0] in ("online", "searching")
        return event[1:]

    (for_ann,), (for_bob,) = await heard(ann, "matched"), await heard(bob, "matched")
    assert isinstance(for_ann, dict)
    assert isinstance(for_bob, dict)
    assert for_ann["chat"] == for_bob["chat"]
    assert {for_ann["polite"], for_bob["polite"]} == {True, False}
    chat = for_ann["chat"]
    for sender, receiver in ((ann, bob), (bob, ann)):
        assert await sender.call("message", chat, "Hé, “stranger” 😀 \\ \x01") == [{"ok": True}]
        assert await heard(receiver, "message") == [chat, "Hé, “stranger” 😀 \\ \x01"]
    assert await ann.call("find", {"mode": "text", "from": chat}) == [{"ok": True}]  # next
    assert await heard(bob, "ended") == [chat, "skipped"]
    (refused,) = await bob.call("message", chat, "Still there?")
    assert (refused["ok"], refused["code"]) == (False, "chat_over")
    await ann.disconnect()
    await bob.disconnect()
