// The search's controller: what it asks the server, and what it does after a refusal.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { eventually, FakeDevices, fakeServer, PlainBoard, refusal, told, welcome } from "../testing/board.ts";
import { ChatController } from "./chat.ts";
import { MediaController } from "./media.ts";
import { SearchController } from "./search.ts";
import { OfferStore } from "./offers.ts";

let board: PlainBoard;
let server: ReturnType<typeof fakeServer>;
let devices: FakeDevices;
let search: SearchController;
let chat: ChatController;

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
  const [media, offers] = [new MediaController(board, devices), new OfferStore()];
  chat = new ChatController(board, server, media, offers);
  search = new SearchController(board, server, chat, media, offers);
  chat.welcome(welcome());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a search", () => {
  it("asks for what the visitor wishes", async () => {
    board.dispatch({ type: "wish", wish: { interests: ["jazz"], sameLanguage: true, hide: true } });
    search.find("text", false);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ mode: "text", interests: ["jazz"], languages: ["fr", "en"], hide: false, from: null, seal: { v: 1 } });
  });

  it("hides the address in a video chat, where there is one to hide", async () => {
    board.dispatch({ type: "wish", wish: { hide: true } });
    search.find("video", false);
    await settled(1);
    expect(server.find.mock.calls[0]?.[0]).toMatchObject({ hide: true });
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
