"""Writes tests/vectors/seal.json: what Python and the page must agree on. `python -m tests.vectors.make`

Everything in it comes from tests/vectors/reference.py and fixed entropy, nothing from the code that it tests.
"""

import json
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from tests.vectors.reference import Chat, P, Party, b64url, frame, lp

PATH = Path(__file__).parent / "seal.json"
KINDS = {"message": 1, "signal": 2, "receipt": 3}
COMMIT = b64url(sha256(b"again").digest())
SDP = "v=0\r\na=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"


def party(name: str) -> Party:
    return Party(shake_256(name.encode()).digest(80))


PARTIES = [  # impolite, polite
    (party("one"), party("two")),
    (party("two"), party("three")),
    (Party(bytes(80)), Party(b"\xff" * 80)),  # the smallest scalar, 1, and whatever the largest number gives
]
IDS = ["n1.AAAAAAAAAAAAAAAA", "n1.Zm9yIHRoZSBzZWNvbmQ", "c"]
CHATS = [Chat(chat, *parties) for chat, parties in zip(IDS, PARTIES, strict=True)]

CONTENTS = [  # lane, n, name, value
    ("signal", 0, "ready", '{"commit":null}'),
    ("signal", 1, "description", json.dumps({"type": "offer", "sdp": SDP}, separators=(",", ":"))),
    ("signal", 2, "candidate", '{"candidate":"","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}'),
    ("signal", 2**32, "media", '{"mic":true,"cam":false}'),
    ("signal", 2**32 + 1, "step", '{"open":2}'),
    ("signal", 2**32 + 2, "reaction", '{"sign":5}'),
    ("message", 0, "text", "hi"),
    ("message", 1, "text", "\ufeffcafé 🦊\u0000\n"),
    ("message", 2**32, "text", "x"),
    ("receipt", 0, "receipt", '{"message":3,"signal":7,"again":false}'),
    ("receipt", 1, "receipt", '{"message":9007199254740991,"signal":0,"again":true}'),
    ("receipt", 2**32, "receipt", '{"message":0,"signal":0,"again":false}'),
]
READY = ("signal", 0, "ready", json.dumps({"commit": COMMIT}, separators=(",", ":")))


def described(one: Party) -> dict[str, Any]:
    return {
        "entropy": one.entropy.hex(),
        "scalar": f"{one.scalar:064x}",
        "jwk": {"kty": "EC", "crv": "P-256", "x": b64url(one.x), "y": b64url(one.y),
                "d": b64url(one.scalar.to_bytes(32, "big"))},
        "hello": one.hello.hex(),
        "commit": one.commit,
        "frame": frame(0, 0, one.hello),
    }  # fmt: skip


def sealed(chat: Chat, role: str, lane: str, n: int, name: str, value: str) -> dict[str, Any]:
    content = lp(name.encode(), value.encode())
    return {
        "from": role, "lane": lane, "n": n, "name": name, "value": value, "content": content.hex(),
        "frame": frame(KINDS[lane], n, chat.seal(role, lane, n, content)),
    }  # fmt: skip


def chats() -> list[dict[str, Any]]:
    return [
        {
            "chat": chat.chat,
            "impolite": described(impolite),
            "polite": described(polite),
            "shared": chat.shared.hex(),
            "transcript": chat.transcript.hex(),
            "keys": {name: key.hex() for name, key in chat.keys.items()},
            "emoji": chat.emoji,
            "frames": [sealed(chat, "impolite", *content) for content in CONTENTS]
            + [sealed(chat, "polite", *content) for content in [READY, *CONTENTS[5:8]]],
        }
        for chat, (impolite, polite) in zip(CHATS, PARTIES, strict=True)
    ]


def frames() -> list[dict[str, str]]:
    """Not to be decoded, or not in that event."""
    whole = frame(1, 5, b"body")
    listed = {
        "empty": "",
        "padded": whole + "==",
        "a letter of base64, not base64url": frame(1, 5, b"\xfb\xff\xfe").replace("-", "+").replace("_", "/"),
        "a line break at the end": whole + "\n",
        "a blank in the middle": whole[:5] + " " + whole[5:],
        "not ASCII": "é" + whole[1:],
        "a length that base64 does not have": whole[:21],
        "unused bits that are not zero": frame(1, 5, b"bod!")[:-1] + "R",
        "version 0": frame(1, 5, b"body", version=0),
        "version 2": frame(1, 5, b"body", version=2),
        "kind 4": frame(4, 5, b"body"),
        "kind 255": frame(255, 5, b"body"),
        "cut off in the head": whole[:12],
        "cut off before the length": b64url(bytes([1, 1]) + bytes(8)),
        "cut off in the body": whole[:-4],
        "something follows": b64url(bytes([1, 1]) + bytes(8) + lp(b"body") + b"\0"),
        "the length says more": b64url(bytes([1, 1]) + bytes(8) + b"\xff\xffbody"),
        "not sealed": '{"v":1,"n":0,"kind":"text","body":{"text":"hi"}}',
        "a message in a signal": whole,
    }
    found = [{"event": "message", "data": data, "reason": reason} for reason, data in listed.items()]
    found[-1]["event"] = "signal"
    for kind, name in ((0, "hello"), (2, "signal"), (3, "receipt")):
        found.append({"event": "message", "data": frame(kind, 0, b"body"), "reason": f"a {name} in a message"})
    return found


def hellos() -> list[dict[str, str]]:
    """Not to be accepted by the impolite one of the first chat, though the commitment is theirs but for two."""
    own, other = PARTIES[0]
    suite, point, nonce = b"omefree-seal/1", b"\x04" + other.x + other.y, other.entropy[48:]
    y = int.from_bytes(other.y, "big")
    listed = {
        "empty": b"",
        "our own": own.hello,
        "another suite": lp(b"omefree-seal/2", point, nonce),
        "the suite in capitals": lp(b"OMEFREE-SEAL/1", point, nonce),
        "no suite": lp(point, nonce),
        "a nonce of 31 bytes": lp(suite, point, nonce[:31]),
        "a nonce of 33 bytes": lp(suite, point, nonce + b"\0"),
        "no nonce": lp(suite, point),
        "a field more": lp(suite, point, nonce, b""),
        "a byte more": other.hello + b"\0",
        "cut off": other.hello[:-1],
        "the order turned": lp(suite, nonce, point),
        "a compressed point": lp(suite, bytes([2 + y % 2]) + other.x, nonce),
        "a hybrid point": lp(suite, bytes([6 + y % 2]) + other.x + other.y, nonce),
        "a point without its first byte": lp(suite, other.x + other.y, nonce),
        "a point not on the curve": lp(suite, b"\x04" + other.x + (y ^ 1).to_bytes(32, "big"), nonce),
        "a coordinate not below the prime": lp(suite, b"\x04" + (P + 5).to_bytes(32, "big") + other.y, nonce),
        "the point of zeros": lp(suite, b"\x04" + bytes(64), nonce),
        "the point at infinity": lp(suite, b"\0", nonce),
        "65 zeros": lp(suite, bytes(65), nonce),
    }
    found = [{"hello": hello.hex(), "commit": b64url(sha256(hello).digest()), "reason": reason}
             for reason, hello in listed.items()]  # fmt: skip
    found.append({"hello": other.hello.hex(), "commit": own.commit, "reason": "another commitment"})
    found.append({"hello": other.hello.hex(), "commit": "", "reason": "no commitment"})
    return found


def bodies() -> list[dict[str, str]]:
    """Sealed frames that the polite one of the first chat must not open."""
    chat, other = CHATS[0], CHATS[1]
    content = lp(b"text", b"hi")
    body = chat.seal("impolite", "message", 0, content)
    listed = {
        "no body": (1, 0, b""),
        "shorter than a tag": (1, 0, body[-15:]),
        "a tag alone": (1, 0, body[-16:]),
        "the last bit": (1, 0, body[:-1] + bytes([body[-1] ^ 1])),
        "the first bit": (1, 0, bytes([body[0] ^ 0x80]) + body[1:]),
        "a tag of 120 bits": (1, 0, body[:-1]),
        "another number": (1, 1, body),
        "another lane": (2, 0, body),
        "their own role": (1, 0, chat.seal("polite", "message", 0, content)),
        "another chat": (1, 0, other.seal("impolite", "message", 0, content)),
    }
    return [{"frame": frame(*parts), "reason": reason} for reason, parts in listed.items()]


NO_STEPS = {
    "a step above video": lp(b"step", b'{"open":3}'),
    "a step below text": lp(b"step", b'{"open":-1}'),
    "a step that is no number": lp(b"step", b'{"open":"2"}'),
    "a step that is null": lp(b"step", b'{"open":null}'),
    "a step that is a boolean": lp(b"step", b'{"open":true}'),
    "half a step": lp(b"step", b'{"open":0.5}'),
    "a step without its field": lp(b"step", b"{}"),
}

NO_REACTIONS = {
    "a reaction of a newer program": lp(b"reaction", b'{"sign":6}'),
    "a reaction below the first": lp(b"reaction", b'{"sign":-1}'),
    "a reaction that is no number": lp(b"reaction", b'{"sign":"<b>"}'),
    "half a reaction": lp(b"reaction", b'{"sign":0.5}'),
    "a reaction without its field": lp(b"reaction", b"{}"),
}


def contents() -> list[dict[str, Any]]:
    """What was sealed by the partner, and whether it fits: what does not is ignored, and nothing else happens."""
    fit = {
        "a text of one byte": lp(b"text", b"x"),
        "fields of JSON in another order, and one more": lp(b"media", b' {"cam": true, "new": [1], "mic": false} '),
        "null fields left out": lp(b"candidate", b'{"candidate":"x"}'),
        "a step": lp(b"step", b'{"open":1}'),
        "a step back to text": lp(b"step", b'{"open":0}'),
        "a reaction": lp(b"reaction", b'{"sign":0}'),
        "the last of two": lp(b"media", b'{"mic":true,"cam":true,"mic":false}'),
    }
    unfit = {
        "empty": b"",
        "no value": lp(b"text"),
        "a field more": lp(b"text", b"hi", b""),
        "a byte more": lp(b"text", b"hi") + b"\0",
        "cut off": lp(b"text", b"hi")[:-1],
        "an unknown name": lp(b"dance", b"{}"),
        "a name in capitals": lp(b"Text", b"hi"),
        "a name of no object": lp(b"__proto__", b"{}"),
        "an empty text": lp(b"text", b""),
        "a text that is not UTF-8": lp(b"text", b"\xff"),
        "a text with a surrogate": lp(b"text", b"\xed\xa0\x80"),
        "an overlong text": lp(b"text", b"\xc0\x80"),
        "ready without its field": lp(b"ready", b"{}"),
        "ready with a short commitment": lp(b"ready", b'{"commit":"AAAA"}'),
        "a description of another type": lp(b"description", b'{"type":"rollback","sdp":""}'),
        "a description without sdp": lp(b"description", b'{"type":"offer"}'),
        "a candidate that is no string": lp(b"candidate", b'{"candidate":null}'),
        "an index below zero": lp(b"candidate", b'{"candidate":"","sdpMLineIndex":-1}'),
        "an index over 16 bits": lp(b"candidate", b'{"candidate":"","sdpMLineIndex":65536}'),
        "media that are no booleans": lp(b"media", b'{"mic":1,"cam":0}'),
        **NO_STEPS,
        **NO_REACTIONS,
        "a receipt of less than nothing": lp(b"receipt", b'{"message":-1,"signal":0,"again":false}'),
        "a receipt of halves": lp(b"receipt", b'{"message":0.5,"signal":0,"again":false}'),
        "a receipt beyond what is exact": lp(b"receipt", b'{"message":9007199254740992,"signal":0,"again":false}'),
        "an array": lp(b"media", b"[true,true]"),
        "null": lp(b"media", b"null"),
        "a byte order mark before JSON": lp(b"media", b'\xef\xbb\xbf{"mic":true,"cam":true}'),
        "not JSON": lp(b"media", b"{mic:true,cam:true}"),
    }
    return [{"content": content.hex(), "fits": content in fit.values(), "about": about}
            for about, content in (fit | unfit).items()]  # fmt: skip


def render() -> str:
    vectors = {
        "about": "Made by `python -m tests.vectors.make` from docs/blind-relay.md; read by the tests of both programs.",
        "chats": chats(),
        "malformed": {"frames": frames(), "hellos": hellos(), "bodies": bodies()},
        "contents": contents(),
    }
    return json.dumps(vectors, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(render())
