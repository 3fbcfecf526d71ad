"""Malformed inputs at the edges of a server, each with planted values in it: frames, requests, upgrades, TLS."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from typing import Any

from tests.engine.raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, UPGRADE, Response, frame
from tests.privacy.crowd import COMMIT, CRITERIA, GUARD_S, HEAD, INTEREST, PATH, QUERY, WORDS, Town

SAID = WORDS.encode()
CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SAID

# What breaks RFC 6455, Engine.IO or Socket.IO: each on a WebSocket of its own.
FRAMES = [
    frame(TEXT, SAID, rsv=4),
    frame(3, SAID),
    frame(TEXT, SAID, mask=None),
    frame(TEXT, SAID + b"\xff\xfe"),
    frame(TEXT, b"4" + SAID * 6_000),
    frame(BINARY, SAID),
    frame(CONTINUATION, SAID),
    frame(TEXT, SAID, fin=False) + frame(TEXT, SAID),
    frame(PING, SAID * 20),
    frame(CLOSE, struct.pack("!H", 999) + SAID),
    frame(CLOSE, struct.pack("!H", 1011) + SAID),
    *(frame(TEXT, packet) for packet in (b"9" + SAID, b"4" + SAID, b"2" + SAID, b"5", b"0" + SAID, b"", b"1")),
    *(frame(TEXT, packet) for packet in (b"42[" + SAID, b'42["message"', b"43[" + SAID, b"451-" + SAID, b"4\xff")),
    *(frame(TEXT, b"40/" + SAID.replace(b" ", b"") + b"," + body) for body in (b"", b'{"v":1}', b"{")),
    *(frame(TEXT, b"40" + body) for body in (b'{"v":9}', b'{"resume":"%b"}' % SAID, b"{" + SAID, b"[" * 50_000)),
]

# What the server refuses by a code.
EVENTS: list[list[Any]] = [
    [WORDS],
    [WORDS, COMMIT],
    [7, WORDS],
    ["find", WORDS],
    ["find", {"mode": WORDS}],
    ["find", CRITERIA | {"interests": [INTEREST * 90]}],
    ["find", CRITERIA | {"interests": [INTEREST, 7]}],
    ["find", CRITERIA | {"languages": [WORDS]}],
    ["find", CRITERIA | {"patience_s": WORDS}],
    ["find", CRITERIA | {"from": WORDS}],
    ["find", CRITERIA | {"seal": {"v": 1, "commit": WORDS}}],
    ["leave", WORDS],
    ["message", WORDS, WORDS],
    ["message", WORDS, WORDS * 3_000],
    ["message", WORDS, {"text": WORDS}],
    ["signal", WORDS, WORDS],
    ["typing", WORDS, WORDS],
    ["typing", WORDS, True],
    ["report", WORDS, WORDS],
    ["report", WORDS, "spam"],
    ["again", WORDS],
    ["ice", WORDS],
]

EVIL = {"Origin": f"https://{QUERY}.example"}
POLL = f"{PATH}&transport=polling"
REQUESTS: list[tuple[str, str, dict[str, str], bytes]] = [
    ("GET", f"/{QUERY}", {}, b""),
    ("GET", f"/healthz?{QUERY}", {}, b""),
    ("PUT", f"/{QUERY}", {}, SAID),
    ("GET", f"/socket.io/?{QUERY}", {}, b""),
    ("GET", f"/socket.io/?EIO=3&transport=polling&{QUERY}", {}, b""),
    ("GET", f"{PATH}&transport={QUERY}", {}, b""),
    ("GET", f"{POLL}&sid={QUERY}", {}, b""),
    ("POST", f"{POLL}&sid={QUERY}", {}, SAID),
    ("POST", POLL, {}, SAID),
    ("DELETE", f"{POLL}&{QUERY}", {}, b""),
    ("GET", POLL, EVIL, b""),
    ("OPTIONS", POLL, EVIL, b""),
    ("GET", f"{PATH}&transport=websocket", UPGRADE | EVIL, b""),
    ("GET", f"/{QUERY}", UPGRADE, b""),
    ("GET", f"{PATH}&transport=websocket&sid={QUERY}", UPGRADE, b""),
    ("GET", f"{PATH}&transport=websocket", UPGRADE | {"Sec-WebSocket-Version": WORDS}, b""),
    ("GET", f"{PATH}&transport=websocket", UPGRADE | {"Sec-WebSocket-Key": WORDS}, b""),
    ("GET", f"{PATH}&transport=websocket", UPGRADE, SAID),
    ("POST", f"{PATH}&transport=websocket", UPGRADE, b""),
    ("GET", f"/{QUERY}", {"Connection": "Upgrade", "Upgrade": WORDS}, b""),
]

# What is no request at all, or none that ends.
GARBAGE = [
    SAID,
    SAID + b"\r\n\r\n",
    b"GET /" + SAID + b" HTTP/1.1\r\n\r\n",
    b"GET /%b HTTP/9.9\r\nHost: x\r\n\r\n" % QUERY.encode(),
    b"GET / HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % SAID,
    b"GET / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (SAID * 2_000),
    b"POST %b&sid=x HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\n\r\n" % (POLL.encode(), SAID),
    b"POST %b&sid=x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%b" % (POLL.encode(), SAID),
    CLIENT_HELLO,
    b"\x00" * 64 + SAID,
]


QUOTA_SCALE = 5.0  # all of it comes from one address


async def make(here: Town) -> set[str]:
    """All of it. Returns the codes that were answered."""
    for frames in FRAMES:
        await break_a_websocket(here, frames)
    codes = await say_nonsense(here)
    for method, path, headers, body in REQUESTS:
        codes |= reason(await here.ask(method, path, body, **headers))
    for garbage in GARBAGE:
        await throw(here, garbage, plain=False)
        await throw(here, garbage, plain=True)
    await by_polling(here)
    await reset(here)
    datagrams(here)
    codes |= await flood(here)
    return codes - {""}


async def break_a_websocket(here: Town, frames: bytes) -> None:
    broken = await here.websocket()
    await broken.raw(frames, frame(CLOSE, struct.pack("!H", 1000)))
    with contextlib.suppress(EOFError, OSError):
        while (await broken.receive()).opcode != CLOSE:
            pass
    broken.connection.drop()


async def say_nonsense(here: Town) -> set[str]:
    codes: set[str] = set()
    for event in EVENTS:
        person = await here.arrive(resume=WORDS)
        answer = await person.emit(*event)
        codes.add(answer.get("code", ""))
        await person.websocket.send("42" + json.dumps(event))  # and once with no acknowledgement
        person.websocket.connection.drop()
    return codes


async def throw(here: Town, garbage: bytes, *, plain: bool) -> None:
    """What has no answer, or any; then half a goodbye."""
    connection = await here.connect(plain=plain)
    await connection.send(garbage)
    connection.writer.write_eof() if connection.writer.can_write_eof() else connection.drop()
    async with asyncio.timeout(GUARD_S):
        await connection.rest()


async def by_polling(here: Town) -> None:
    for body in (SAID, b"42[" + SAID, b"4\xff" + SAID, b"b" + SAID, SAID * 6_000):
        sid = await here.polling()
        await here.post(sid, body)
    sid = await here.polling()
    await here.begin(f"POST {POLL}&sid={sid}", {"Content-Length": "900"}, SAID)
    await here.post(sid, SAID)  # a second one at once
    await here.leave()


async def reset(here: Town) -> None:
    """A chat whose one side goes with a TCP reset, in the middle of a frame."""
    a, b = await here.pair()
    await a.emit("message", a.chat, WORDS)
    await a.websocket.raw(frame(TEXT, SAID)[:-3])
    linger = struct.pack("ii", 1, 0)
    a.websocket.connection.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    a.websocket.connection.drop()
    await b.hears("partner")
    assert (await b.emit("message", b.chat, WORDS))["code"] == "partner_away"
    await here.leave()


async def flood(here: Town) -> set[str]:
    """More sessions from one address than the gate lets in. The last: from here on nobody is."""
    connection = await here.connect()
    for _ in range(1_000):
        answer = await connection.ask("GET", f"{POLL}&{QUERY}", HEAD)
        if answer.status == 429:
            break
    await here.leave()
    return reason(answer)


def datagrams(here: Town) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in (SAID, b"\x00\x01\x00\x00\x21\x12\xa4\x42" + SAID, b"\x00\x01\x00\x08\x21\x12\xa4\x42" + SAID, b""):
            sender.sendto(data, ("127.0.0.1", here.stun_port))


def reason(answer: Response) -> set[str]:
    """The code in a refusal's JSON."""
    try:
        return {str(answer.json.get("reason", ""))}
    except (ValueError, AttributeError):
        return set()
