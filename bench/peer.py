"""The other peer: python-socketio on uvicorn, doing the same work. Run: `python peer.py PORT [CERTIFICATE KEY]`."""

from __future__ import annotations

import secrets
import sys
from functools import partial
from typing import Any

import socketio  # type: ignore[import-untyped]
import uvicorn

sio = socketio.AsyncServer(
    async_mode="asgi", ping_interval=10, ping_timeout=8, max_http_buffer_size=65_536, cors_allowed_origins=[]
)
waiting: list[str] = []
chats: dict[str, tuple[str, str]] = {}  # sid -> chat, partner


async def connect(sid: str, environ: Any, auth: Any) -> None:
    await sio.emit("welcome", {"v": 1, "resume": secrets.token_urlsafe(24)}, to=sid)


async def find(sid: str, criteria: Any) -> dict[str, Any]:
    await part(sid, "skipped")
    if not waiting:
        waiting.append(sid)
        return {"ok": True}
    other, chat = waiting.pop(), secrets.token_urlsafe(12)
    for one, two, polite in ((sid, other, True), (other, sid, False)):
        chats[one] = (chat, two)
        await sio.emit("matched", {"chat": chat, "polite": polite, "mode": "text", "common": []}, to=one)
    return {"ok": True}


async def message(sid: str, chat: str, data: str) -> dict[str, Any]:
    return await relay("message", sid, chat, data)


async def relay(name: str, sid: str, chat: str, data: str) -> dict[str, Any]:
    mine, partner = chats.get(sid, ("", ""))
    if chat != mine:
        return {"ok": False, "code": "chat_over"}
    await sio.emit(name, (chat, data), to=partner)
    return {"ok": True}


async def part(sid: str, reason: str) -> None:
    """Ends the chat, if there is one. Only the partner is told."""
    chat, partner = chats.pop(sid, ("", ""))
    if chat:
        del chats[partner]
        await sio.emit("ended", {"chat": chat, "reason": reason}, to=partner)


async def disconnect(sid: str) -> None:
    if sid in waiting:
        waiting.remove(sid)
    await part(sid, "left")


for handler in (connect, find, message, disconnect):
    sio.on(handler.__name__, handler)
sio.on("signal", partial(relay, "signal"))

if __name__ == "__main__":
    app = socketio.ASGIApp(sio)
    port, cert, key = (*sys.argv[1:], None, None)[:3]
    uvicorn.run(
        app, host="127.0.0.1", port=int(port or 0), ssl_certfile=cert, ssl_keyfile=key, loop="uvloop",
        http="httptools", log_level="error",
    )  # fmt: skip
