"""The whole memory of a server, searched during and after a chat: what was said sealed is nowhere in it.

Linux only, and for root: `/proc/PID/mem`.
"""

import asyncio
import base64
import json
import secrets
import string
from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from playwright.async_api import Page, WebSocket, async_playwright, expect

from omefree.audit.memory import forms, seen
from tests.clients.official import WEBSOCKET, Python
from tests.e2e.people import GUARD_S, Person, Street, launch, running
from tests.until import until

TEXTS = 20  # under the quota's burst

# Each call finds one candidate more; what the partner's candidates are, and the keys of the sealing, is told.
PLANT = """
(() => {
  const Real = window.RTCPeerConnection, taken = [], keys = [];
  const planted = new RTCIceCandidate({ candidate: CANDIDATE, sdpMid: "0", sdpMLineIndex: 0 });
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      const plant = () => this.dispatchEvent(new RTCPeerConnectionIceEvent("icecandidate", { candidate: planted }));
      this.addEventListener("icecandidate", plant, { once: true });
    }
    addIceCandidate(found) {
      taken.push(found.candidate);
      return super.addIceCandidate(found);
    }
  };
  const { subtle } = crypto, derive = subtle.deriveKey.bind(subtle);
  subtle.deriveKey = async (how, base, type, _, uses) => {
    const key = await derive(how, base, type, true, uses);
    const raw = await subtle.exportKey("raw", key);
    keys.push(Array.from(new Uint8Array(raw), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    return key;
  };
  window.candidatesTaken = () => taken;
  window.sealKeys = () => keys;
})();
"""

Needles = Mapping[str, set[bytes]]


def address() -> str:
    """IPv6, of the range for documentation."""
    token = secrets.token_hex(12)
    return ":".join(["2001", "db8", *(token[at : at + 4] for at in range(0, len(token), 4))])


def candidate_of(address: str) -> str:
    return f"candidate:1 1 udp 2122260223 {address} 54321 typ host"


async def seen_while(talk: Awaitable[None], pid: int, needles: Needles) -> set[str]:
    """What is seen while they talk, in one look after the other, the last one right after."""
    talking, found = asyncio.ensure_future(talk), set[str]()
    while not talking.done():
        found |= await asyncio.to_thread(seen, pid, needles)
    await talking
    return found | await asyncio.to_thread(seen, pid, needles)


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=lambda encode: encode.__name__)
def test_every_form_of_a_needle_is_known(before: int, encode: Callable[[bytes], bytes]) -> None:
    needle = secrets.token_bytes(20)
    whole = encode(secrets.token_bytes(before) + needle + secrets.token_bytes(5))
    assert any(form in whole for form in forms(needle))
    assert "räume".encode("utf-16-le")[:2] in forms(b"r")


async def test_in_the_clear_both_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the search bites: the same needles, through the same server, where freed memory is left as it is."""
    monkeypatch.setenv("PYTHONMALLOC", "default")
    text, where = secrets.token_hex(16), address()
    needles = {"text": forms(text.encode()), "address": forms(where.encode())}
    ann, bob = Python(), Python()
    async with running() as (url, pid):
        assert await asyncio.to_thread(seen, pid, needles) == set()
        for visitor in (ann, bob):
            await visitor.connect(url, WEBSOCKET)
            assert await visitor.call("find", {"mode": "text"}) == [{"ok": True}]
        chat = (await event(ann, "matched"))["chat"]
        talk = say_in_the_clear(ann, chat, text, json.dumps({"candidate": candidate_of(where)}))
        assert await seen_while(talk, pid, needles) == {"text", "address"}
        for visitor in (ann, bob):
            await visitor.disconnect()


async def event(visitor: Python, name: str) -> dict[str, str]:
    while (found := await visitor.event())[0] != name:
        pass
    assert isinstance(found[1], dict)
    return found[1]


async def say_in_the_clear(visitor: Python, chat: str, text: str, signal: str) -> None:
    for _ in range(TEXTS):
        assert await visitor.call("message", chat, text) == [{"ok": True}]
        assert await visitor.call("signal", chat, signal) == [{"ok": True}]


async def test_of_a_sealed_chat_nothing_is_found() -> None:
    text = "".join(secrets.choice(string.ascii_lowercase) for _ in range(32))  # seven digits in a row would be folded
    where = address()
    needles = {"text": forms(text.encode()), "address": forms(where.encode())}
    sent: list[str] = []
    async with running() as (url, pid), async_playwright() as playwright:
        browser = await launch(playwright)
        street = Street(url)

        async def before(page: Page) -> None:
            await page.add_init_script(PLANT.replace("CANDIDATE", json.dumps(candidate_of(where))))
            page.on("websocket", lambda link: listen(link, sent))

        ana, ben = [await street.comes(browser, before=before) for _ in range(2)]
        found = await seen_while(talk_sealed(ana, ben, text), pid, needles)
        assert found == set(), "of what was said, during the chat"
        await until(lambda: has_taken(ben, candidate_of(where)), "the planted candidate has come to the partner")
        assert {text} == set(await ben.part("text").all_inner_texts())

        keys = {key: forms(bytes.fromhex(key)) | forms(key.encode()) for key in await keys_of(ana, ben)}
        assert len(keys) == 6
        assert await asyncio.to_thread(seen, pid, keys) == set(), "of the keys"
        frames = {data: {data.encode()} for data in sealed_texts(sent)}
        assert len(frames) == TEXTS
        assert await asyncio.to_thread(seen, pid, frames), "the search looks where sealed texts have been"

        await ana.part("stop").click()
        await ben.sees("partner-banner", "left")
        assert await asyncio.to_thread(seen, pid, needles | keys) == set(), "after the chat"
        await street.close()
        await browser.close()


def listen(link: WebSocket, sent: list[str]) -> None:
    link.on("framesent", lambda frame: sent.append(str(frame)))


def sealed_texts(sent: Iterable[str]) -> set[str]:
    """The data of the messages that went out."""
    packets = [packet for packet in sent if packet.startswith("42") and '["message",' in packet]
    return {json.loads(packet[packet.index("[") :])[2] for packet in packets}


async def talk_sealed(ana: Person, ben: Person, text: str) -> None:
    for person in (ana, ben):
        await person.start("video")
        await person.part("go-without").click()
    for person in (ana, ben):
        await person.meets()
    for _ in range(TEXTS):
        await ana.say(text)
    arrived = ana.page.locator(".mine[data-state=delivered]")
    await expect(arrived).to_have_count(TEXTS, timeout=GUARD_S * 1000)


async def has_taken(person: Person, candidate: str) -> bool:
    return candidate in await person.page.evaluate("candidatesTaken()")


async def keys_of(*people: Person) -> set[str]:
    """Each side has derived the same six; in hexadecimal."""
    return {key for person in people for key in await person.page.evaluate("sealKeys()")}
