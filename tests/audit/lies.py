"""A lie for each claim: ways in which a server can say one thing and do another."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from omefree.privacy.claims import CLAIMS
from omefree.privacy.device import DEVICE
from omefree.privacy.policy import DATED
from tests.audit.liar import Args, Lie, Page, Side
from tests.words.speak import EN, FR

NO_PAIR = frozenset({"cross-talk"})  # it needs a sealed chat


class Rewritten(Lie):
    """Changes the start page, and its row in the list of files to match."""

    old, new = "</main>", ""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page.replace(self.old, self.new).encode()

    def page(self, page: Page) -> None:
        if page.path in ("/", "/index.html") and page.status == 200:
            page.replace(self.old, self.new)
        elif page.path == "/assets.json" and page.status == 200:
            listing: dict[str, Any] = json.loads(page.body)
            for file in listing["files"]:
                if file["path"] in ("/", "/index.html"):
                    file["sha256"], file["bytes"] = hashlib.sha256(self._page).hexdigest(), len(self._page)
            page.body = json.dumps(listing).encode()


class ThirdPartyScript(Rewritten):
    red = frozenset({"references", "scripts"})
    new = '</main><script src="https://cdn.example/x.js"></script>'


class Pixel(Rewritten):
    red = frozenset({"references"})
    new = '</main><img src="//pixel.example/1.gif" alt="">'


class InlineScript(Rewritten):
    red = frozenset({"scripts"})
    new = "</main><script>track()</script>"


class UnlistedScript(Rewritten):
    red = frozenset({"scripts"})
    new = '</main><script src="/more.js"></script>'


class AsksForMail(Rewritten):
    red = frozenset({"entry"})
    new = '</main><input type="email" name="mail">'


class ThirdPartyStyle(Lie):
    """Lists a style as it should be, but the style fetches a font from another host."""

    red = frozenset({"references"})

    def page(self, page: Page) -> None:
        if page.path == "/assets/app.css":
            page.body = b"@import 'https://fonts.example/x.css';"
        elif page.path == "/assets.json" and page.status == 200:
            listing = json.loads(page.body)
            file = next(file for file in listing["files"] if file["path"] == "/assets/app.css")
            body = b"@import 'https://fonts.example/x.css';"
            file["sha256"], file["bytes"] = hashlib.sha256(body).hexdigest(), len(body)
            page.body = json.dumps(listing).encode()


class Cookie(Lie):
    red = frozenset({"cookies"})

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def page(self, page: Page) -> None:
        if page.path == self._path:
            page.headers["set-cookie"] = "visitor=1; Secure; HttpOnly; SameSite=Strict"


class HandshakeCookie(Lie):
    red = frozenset({"cookies"})
    cookie = "io=1"


class ChangedAsset(Lie):
    red = frozenset({"assets"})

    def page(self, page: Page) -> None:
        if page.path == "/assets/app.js":
            page.body += b" send();"


class NoList(Lie):
    red = frozenset({"assets"})
    unchecked = frozenset({"scripts", "build"})

    def page(self, page: Page) -> None:
        if page.path == "/assets.json" and page.status == 200:
            page.status, page.body = 404, b"Not found"


class Header(Lie):
    """Changes one header on every answer. `value`: None takes it away."""

    red = frozenset({"headers"})

    def __init__(self, name: str, value: str | None, red: str = "headers", path: str = "") -> None:
        super().__init__()
        self.red = frozenset({red})
        self._name, self._value, self._path = name, value, path

    def page(self, page: Page) -> None:
        if page.path == self._path or not self._path:
            page.headers.pop(self._name, None)
            if self._value is not None:
                page.headers[self._name] = self._value


class Framed(Lie):
    """Does not say which sites may frame the page."""

    red = frozenset({"headers"})

    def page(self, page: Page) -> None:
        page.headers.pop("x-frame-options", None)
        policy = page.headers.get("content-security-policy", "")
        page.headers["content-security-policy"] = policy.replace("frame-ancestors 'none'", "")


class OpenPolicy(Lie):
    """Lets in scripts of another host, by the policy for content."""

    red = frozenset({"references"})

    def page(self, page: Page) -> None:
        policy = page.headers.get("content-security-policy", "")
        page.headers["content-security-policy"] = policy.replace(
            "script-src 'self'", "script-src 'self' https://x.example"
        )


class WorkerPolicy(Lie):
    """Gives the worker's script, or every script, a policy for content that is not ours."""

    def __init__(self, policy: str, red: str, path: str = "/assets/shield-x.js") -> None:
        super().__init__()
        self.red = frozenset({red})
        self._policy, self._path = policy, path

    def page(self, page: Page) -> None:
        if page.path.endswith(self._path):
            page.headers["content-security-policy"] = self._policy


class Reflected(Lie):
    """Lets any site read as the visitor."""

    red = frozenset({"headers"})

    def page(self, page: Page) -> None:
        page.headers["access-control-allow-origin"] = "https://other.example"
        page.headers["access-control-allow-credentials"] = "true"


class Route(Lie):
    red = frozenset({"routes"})

    def __init__(self, method: str, path: str) -> None:
        super().__init__()
        self._method, self._path = method, path

    def page(self, page: Page) -> None:
        if (page.method, page.path) == (self._method, self._path):
            page.status, page.body = 200, b"visitors: 12"


# --- the policy ---


class ChangedPolicy(Lie):
    """Changes one thing of /privacy.json."""

    red = frozenset({"policy"})

    def page(self, page: Page) -> None:
        if page.path == "/privacy.json" and page.status == 200:
            told = json.loads(page.body)
            self.change(told)
            page.body = json.dumps(told).encode()

    def change(self, told: dict[str, Any]) -> None:
        raise NotImplementedError


class OtherHash(ChangedPolicy):
    def change(self, told: dict[str, Any]) -> None:
        told["text_sha256"] = "0" * 64


class ClaimMissing(ChangedPolicy):
    def change(self, told: dict[str, Any]) -> None:
        told["claims"] = [claim for claim in told["claims"] if claim["id"] != "no-logs"]


class OtherSentence(ChangedPolicy):
    def change(self, told: dict[str, Any]) -> None:
        told["data"][0]["how_long"]["en"] = "for ever"


class KeepsUntold(ChangedPolicy):
    """Tells less than the page keeps on the visitor's device."""

    def change(self, told: dict[str, Any]) -> None:
        told["device"] = [kept for kept in told["device"] if kept["id"] != "devices"]


class KeepsMore(ChangedPolicy):
    """Tells that the page keeps one thing more: another page than this version's, and people are not told of it."""

    red = frozenset({"policy", "rendered"})

    def change(self, told: dict[str, Any]) -> None:
        told["device"].append({**told["device"][0], "id": "visits", "what": {"en": "your visits", "fr": "les visites"}})


class OtherVersion(ChangedPolicy):
    """Names another version than in `welcome`."""

    def change(self, told: dict[str, Any]) -> None:
        told["version"] = "9.9.9"


class OtherDate(ChangedPolicy):
    def change(self, told: dict[str, Any]) -> None:
        told["dated"] = "2020-01-01"

    def page(self, page: Page) -> None:
        super().page(page)
        if page.path == "/privacy" and page.status == 200:
            page.replace(DATED, "2020-01-01")


class Resume(ChangedPolicy):
    red = frozenset({"settings", "policy"})  # a claim tells the figure, too

    def change(self, told: dict[str, Any]) -> None:
        told["settings"]["resume_s"] = 600


class ResumeInChat(ChangedPolicy):
    red = frozenset({"settings", "policy"})  # a claim tells the figure, too

    def change(self, told: dict[str, Any]) -> None:
        told["settings"]["resume_chat_s"] = 15


class Quotas(ChangedPolicy):
    red = frozenset({"settings"})

    def change(self, told: dict[str, Any]) -> None:
        told["settings"]["connections_per_s"] = 1.0


class Garbage(Lie):
    red = frozenset({"policy"})
    unchecked = frozenset({"rendered", "settings", "contact", "build", "ice"})

    def page(self, page: Page) -> None:
        if page.path == "/privacy.json":
            page.body = b'{"schema": 1, "claims": [[[['


class PageSaysLess(Lie):
    red = frozenset({"rendered"})

    def page(self, page: Page) -> None:
        if page.path == "/privacy":
            page.body = page.body.replace(FR.say(CLAIMS[-1].says).encode(), b"")


class HidesDevice(Lie):
    """The page for people does not say what stays on their device."""

    red = frozenset({"rendered"})

    def page(self, page: Page) -> None:
        if page.path == "/privacy":
            page.body = page.body.replace(FR.say(DEVICE[-1].key("what")).encode(), b"")


class NoContact(Lie):
    """Names no contact, and does not say so."""

    red = frozenset({"contact"})

    def page(self, page: Page) -> None:
        if page.path == "/legal":
            page.body = page.body.replace(EN.say("policy.missing").encode(), b"")


# --- chats ---


class Ghost(Lie):
    """Keeps visitors in a chat that they have left."""

    red = frozenset({"leave"})

    async def up(self, side: Side, frame: str, ack: str, args: Args) -> None:
        if args[0] == "leave" and args[1] in side.chats:
            await side.answer(ack, {"ok": True})
        else:
            await super().up(side, frame, ack, args)


class CountsTwice(Lie):
    red = frozenset({"counting"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "welcome":
            args[1]["online"] *= 2
            await side.down(*args)
        else:
            await super().down(side, frame, args)


class CountsMore(Lie):
    """Tells names with the counter."""

    red = frozenset({"online"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        await super().down(side, frame, args)
        if args[0] == "welcome":
            await side.down("online", {"count": 2, "who": ["Ana"]})


class Overheard(Lie):
    """Tells everybody what is said in a chat."""

    red = frozenset({"cross-talk"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "message":
            for other in self.sides:
                if args[1] not in other.chats and not other.near.closed:
                    await other.near.send_str(frame)
        await super().down(side, frame, args)


class Intruder(Lie):
    """Lets anybody that knows a chat's id write into the chat."""

    red = frozenset({"cross-talk"})

    async def up(self, side: Side, frame: str, ack: str, args: Args) -> None:
        if args[0] == "message" and args[1] not in side.chats:
            for other in self.sides:
                if args[1] in other.chats:
                    await other.down(*args)
            await side.answer(ack, {"ok": True})
        else:
            await super().up(side, frame, ack, args)


class Unsealed(Lie):
    """Passes on no commitment."""

    red = frozenset({"seal"})
    unchecked = NO_PAIR

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "matched":
            args[1]["seal"] = None
            await side.down(*args)
        else:
            await super().down(side, frame, args)


class Between(Lie):
    """Changes a hello, as somebody in the middle would."""

    red = frozenset({"seal"})
    unchecked = NO_PAIR

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "signal":
            await side.down(args[0], args[1], args[2][:-8] + "AAAAAAAA")
        else:
            await super().down(side, frame, args)


class Mixing(Lie):
    """Hides from the server which visitors seal, so that it introduces all of them to each other."""

    red = frozenset({"mixing"})

    def __init__(self) -> None:
        super().__init__()
        self._seals: dict[Side, Any] = {}
        self._waiting: dict[str, tuple[Side, Args]] = {}

    async def up(self, side: Side, frame: str, ack: str, args: Args) -> None:
        if args[0] == "find" and args[1:]:
            self._seals[side] = args[1].pop("seal", None)
            frame = f"42{ack}{json.dumps(args)}"
        await super().up(side, frame, ack, args)

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] != "matched":
            await super().down(side, frame, args)
        elif args[1]["chat"] in self._waiting:
            other, theirs = self._waiting.pop(args[1]["chat"])
            args[1]["seal"], theirs[1]["seal"] = self._seals[other], self._seals[side]
            await other.down(*theirs)
            await side.down(*args)
        else:
            self._waiting[args[1]["chat"]] = side, args


class Rewords(Lie):
    """Reads what is not sealed, and changes it."""

    red = frozenset({"relay"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "message":
            frame = frame.replace("é", "e")
        await super().down(side, frame, args)


class TokensLive(Lie):
    red = frozenset({"token"})

    def __init__(self) -> None:
        super().__init__()
        self._come_back: set[Side] = set()

    async def other_up(self, side: Side, frame: str) -> None:
        if '"resume":"' in frame:
            self._come_back.add(side)
        await super().other_up(side, frame)

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "welcome" and side in self._come_back:
            args[1]["resumed"] = {"state": "idle"}
            await side.down(*args)
        else:
            await super().down(side, frame, args)


class FoundAgain(Lie):
    """Goes on searching for a visitor that left while it was searching."""

    red = frozenset({"search"})

    async def other_up(self, side: Side, frame: str) -> None:
        side.is_kept = side.is_searching
        if not side.is_kept:
            await super().other_up(side, frame)


class AnswersAnything(Lie):
    red = frozenset({"events"})

    async def up(self, side: Side, frame: str, ack: str, args: Args) -> None:
        if args[0] == "__proto__":
            await side.answer(ack, {"ok": True})
        else:
            await super().up(side, frame, ack, args)


class SaysMore(Lie):
    """Adds a field that is not in the protocol: a number for each visitor."""

    red = frozenset({"events"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "matched":
            args[1]["partner_id"] = "12"
            await side.down(*args)
        else:
            await super().down(side, frame, args)


class UntoldRelay(Lie):
    red = frozenset({"ice"})

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "matched":
            args[1]["ice_servers"].append({"urls": ["turn:relay.example:3478"], "username": "u", "credential": "c"})
            await side.down(*args)
        else:
            await super().down(side, frame, args)


# --- no lies, and yet not to be checked ---


class OthersMove(Lie):
    """Counts as if other people came meanwhile: one more each time."""

    unchecked = frozenset({"counting"})

    def __init__(self) -> None:
        super().__init__()
        self._came = 0

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "welcome":
            self._came += 1
            args[1]["online"] += self._came * (self._came + 1) // 2
            await side.down(*args)
        else:
            await super().down(side, frame, args)


class AnotherRelease(ChangedPolicy):
    """Is of a later version, which has one more field."""

    red = frozenset()
    unchecked = frozenset({"policy", "events"})

    def change(self, told: dict[str, Any]) -> None:
        told["version"] = "9.9.9"
        told["claims"][0]["since"] = "9.9.9"

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "welcome":
            args[1] |= {"server": "omefree/9.9.9", "motto": "be kind"}
            await side.down(*args)
        else:
            await super().down(side, frame, args)
