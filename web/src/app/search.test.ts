// The search's controller: what it asks the server, and what it does after a refusal.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { eventually, FakeDevices, fakeServer, PlainBoard, refusal, told, welcome } from "../testing/board.ts";
import { ChatController, type ChatParts } from "./chat.ts";
import { MediaController } from "./media.ts";
import { SearchController } from "./search.ts";
import { OfferStore } from "./offers.ts";
import { makeOffer } from "../seal/handshake.ts";

let board: PlainBoard;
let server: ReturnType<typeof fakeServer>;
let devices: FakeDevices;
let search: SearchController;
let chat: ChatController;
let loaded: Promise<unknown>; // all of a chat

/** Waits until the offers are made, which no fake clock can speed up, and until all has happened that follows. */
async function settled(calls: number): Promise<void> {
  await eventually(() => expect(server.find).toHaveBeenCalledTimes(calls));
  await Promise.resolve();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("navigator", { languages: ["fr-CA", "en-US", "fr"] });
  vi.stubGlobal("document", { hidden: false });
  board = new PlainBoard();
  server = fakeServer();
  devices = new FakeDevices();
  loaded = Promise.resolve();
  const [media, offers] = [new MediaController(board, devices), new OfferStore(() => loaded.then(makeOffer))];
  chat = new ChatController(board, server, media, offers, vi.fn<() => ChatParts>());
  search = new SearchController(board, server, chat, media, offers);
  chat.welcome(welcome());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a search", () => {
  it("asks for what the visitor wishes", async () => {
    board.dispatch({ type: "wish", wish: { interests: ["jazz"], languages: ["fr"], hide: true } });
    search.find("text", false);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ mode: "text", interests: ["jazz"], languages: ["fr"], hide: false, from: null, seal: { v: 1 } });
  });

  it("hides the address in a video chat, where there is one to hide", async () => {
    board.dispatch({ type: "wish", wish: { hide: true } });
    search.find("video", false);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ hide: true });
  });

  it("hides it in a text chat, too, since that can climb to a call, but only where the server has a relay", async () => {
    board.dispatch({ type: "welcome", args: { ...welcome(), relay: true } });
    board.dispatch({ type: "wish", wish: { hide: true } });
    search.find("text", false);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ mode: "text", hide: true });
  });

  it("for anyone has no interests and no patience", async () => {
    board.dispatch({ type: "wish", wish: { interests: ["jazz"] } });
    search.find("text", true);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ interests: [], patience_s: 0 });
  });

  it("names the chat that it leaves, and the same commitment until it meets", async () => {
    search.find("text", false);
    await settled(1);
    chat.settle({ type: "matched", args: told("c", "theirs") });
    search.find("text", false);
    await settled(2);
    const [first, second] = server.find.mock.calls.map(([criteria]) => criteria);
    expect([first?.from, second?.from]).toEqual([null, "c"]);
    expect(second?.seal).toEqual(first?.seal);
  });
});

describe("the one tap that leaves and reports", () => {
  beforeEach(async () => {
    search.find("text", false);
    await settled(1);
    chat.settle({ type: "matched", args: told("c", "theirs") });
  });

  it("goes on to the next search, as Next does, once the server has the report", async () => {
    await search.leaveAndReport("spam");
    await settled(2);
    expect(server.report).toHaveBeenCalledExactlyOnceWith("c", "spam");
    expect(server.find.mock.calls[1]?.[0]).toMatchObject({ mode: "text", from: null });
    expect(board.state.screen).toBe("searching");
  });

  it("stays if the report did not go through, and says so", async () => {
    server.report.mockResolvedValueOnce(refusal("rate_limited"));
    await search.leaveAndReport("spam");
    expect([board.state.screen, board.state.notice, board.state.chat?.ended]).toEqual(["chat", { code: "report_failed" }, null]);
    expect(server.find).toHaveBeenCalledTimes(1);
  });

  it("does not search if the visitor has stopped meanwhile", async () => {
    const reply = Promise.withResolvers<{ ok: true }>();
    server.report.mockReturnValueOnce(reply.promise);
    const leaving = search.leaveAndReport("spam");
    chat.settle({ type: "stop" });
    reply.resolve({ ok: true });
    await leaving;
    expect([board.state.screen, server.find.mock.calls.length]).toEqual(["landing", 1]);
  });
});

describe("a refusal", () => {
  it.each([["rate_limited", 7, 7_000], ["full", undefined, 2_000], ["draining", 3, 3_000]] as const)("%s passes: asked again when it says", async (code, says, waitMs) => {
    server.find.mockResolvedValueOnce(refusal(code, says));
    search.find("text", false);
    await eventually(() => expect(board.state.search?.refusal).toBe(code));
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(server.find).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    await settled(2);
  });

  it("for good ends the search, and the camera goes dark", async () => {
    await devices.acquire();
    server.find.mockResolvedValueOnce(refusal("no_turn"));
    search.find("video", false);
    await eventually(() => expect(board.state.notice?.code).toBe("no_turn"));
    expect([board.state.screen, devices.releases]).toEqual(["landing", 1]);
  });

  it("while the connection is away is asked again by `welcome`, not by a clock", async () => {
    board.dispatch({ type: "trouble", trouble: { kind: "lost", retryInMs: 1_000, code: null } });
    server.find.mockResolvedValueOnce(refusal("not_connected"));
    search.find("text", false);
    await settled(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.find).toHaveBeenCalledTimes(1);
    expect(board.state.search?.refusal).toBeNull();
  });

  it("because the chat to leave is over already is followed by a `find` without it", async () => {
    search.find("text", false);
    await settled(1);
    chat.settle({ type: "matched", args: told("c", "theirs") });
    server.find.mockResolvedValueOnce(refusal("chat_over"));
    search.find("text", false);
    await settled(3);
    expect(server.find.mock.calls.map(([{ from }]) => from)).toEqual([null, "c", null]);
  });

  it("in a chat leaves it all the same, so that the partner does not wait in vain", async () => {
    search.find("text", false);
    await settled(1);
    chat.settle({ type: "matched", args: told("c", "theirs") });
    server.find.mockResolvedValueOnce(refusal("rate_limited", 1));
    search.find("text", false);
    await eventually(() => expect(server.stop).toHaveBeenCalledWith("c"));
  });

  it("of a search that was forgotten says nothing, and asks for nothing later", async () => {
    const reply = Promise.withResolvers<ReturnType<typeof refusal>>();
    server.find.mockReturnValueOnce(reply.promise);
    search.find("text", false);
    await settled(1);
    search.forget();
    reply.resolve(refusal("full"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.find).toHaveBeenCalledTimes(1);
    expect(board.state.search?.refusal).toBeNull();
  });
});

describe("a pause", () => {
  const PAUSED = { ok: false, code: "paused", message: "", retry_after_s: 540, reason: "nudity", open: ["text"], whose: "visit" } as const;

  it("that refuses the search is told, the camera goes dark, and nothing is asked later", async () => {
    await devices.acquire();
    server.find.mockResolvedValueOnce(PAUSED);
    search.find("video", false);
    await eventually(() => expect(board.state.pause).toMatchObject({ reason: "nudity", open: ["text"], whose: "visit" }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect([board.state.screen, devices.releases, server.find.mock.calls.length]).toEqual(["landing", 1, 1]);
  });

  it("that refuses `next` leaves the chat at the server", async () => {
    search.find("text", false);
    await settled(1);
    chat.settle({ type: "matched", args: told("c", "theirs") });
    server.find.mockResolvedValueOnce(PAUSED);
    search.find("text", false);
    await eventually(() => expect(server.stop).toHaveBeenCalledWith("c"));
    expect(board.state.chat).toBeNull();
  });

  it("that says less than it could is still a pause", async () => {
    server.find.mockResolvedValueOnce(refusal("paused"));
    search.find("text", false);
    await eventually(() => expect(board.state.pause).toEqual({ reason: "mixed", open: [], whose: "visit", until: null }));
  });
});

describe("a search that fails after the server took it", () => {
  const failed = { event: "find", chat: null, message: "" } as const;

  beforeEach(async () => {
    search.find("text", false);
    await settled(1);
  });

  it("because the match could not be made is asked again after a moment", async () => {
    search.failed({ ...failed, code: "internal" });
    expect(board.state.search?.retryAt).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(server.find).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    await settled(2);
  });

  it("because of a pause says so", () => {
    search.failed({ ...failed, code: "paused", reason: "frozen", open: [], whose: "server" });
    expect(board.state).toMatchObject({ screen: "landing", search: null, pause: { reason: "frozen", until: null } });
  });

  it("with a connection that closes is asked again by `welcome` alone", async () => {
    search.failed({ ...failed, code: "rate_limited", closes: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([board.state.screen, server.find.mock.calls.length]).toEqual(["searching", 1]);
  });

  it("after we stopped changes nothing", async () => {
    search.forget();
    chat.settle({ type: "stop" });
    search.failed({ ...failed, code: "internal" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([board.state.screen, server.find.mock.calls.length]).toEqual(["landing", 1]);
  });
});

describe("a search whose chat is not loaded yet", () => {
  it("is not sent before all of it is there: nobody waits for our files", async () => {
    let load = () => undefined as void;
    loaded = new Promise<void>((done) => (load = done));
    search.find("text", false);
    await new Promise((done) => setImmediate(done));
    expect(server.find).not.toHaveBeenCalled();
    load();
    await settled(1);
  });

  it("is not sent when a part is gone", async () => {
    loaded = Promise.reject(new Error("gone"));
    search.find("text", false);
    await new Promise((done) => setImmediate(done));
    expect(server.find).not.toHaveBeenCalled();
  });
});
