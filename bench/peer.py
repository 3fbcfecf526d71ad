"""The other peer: python-socketio on uvicorn, doing the same work. Run: `python peer.py PORT`."""

from __future__ import annotations

import secrets
import sys
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
    if not waiting:
        waiting.append(sid)
        return {"ok": True}
    other, chat = waiting.pop(), secrets.token_urlsafe(12)
    for one, two, polite in ((sid, other, True), (other, sid, False)):
        chats[one] = (chat, two)
        await sio.emit("matched", {"chat": chat, "polite": polite, "mode": "text", "common": []}, to=one)
    return {"ok": True}


async def message(sid: str, chat: str, data: str) -> dict[str, Any]:
    mine, partner = chats.get(sid, ("", ""))
    if chat != mine:
        return {"ok": False, "code": "chat_over"}
    await sio.emit("message", (chat, data), to=partner)
    return {"ok": True}


for handler in (connect, find, message):
    sio.on(handler.__name__, handler)

if __name__ == "__main__":
    app = socketio.ASGIApp(sio)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error")
