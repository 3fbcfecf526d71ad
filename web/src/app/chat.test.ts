// The chat's controller: how a chat begins, what passes through it, how it ends.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeDevices, fakeServer, PlainBoard, refusal, told, welcome } from "../testing/board.ts";
import type { Mode } from "../contract.ts";
import { ChatController, type Converse } from "./chat.ts";
import type { ConversationEvents } from "./conversation.ts";
import { MediaController } from "./media.ts";
import { OfferStore } from "./offers.ts";

let board: PlainBoard;
let server: ReturnType<typeof fakeServer>;
let offers: OfferStore;
let chat: ChatController;
let events: ConversationEvents;
const conversation = { chat: "c", write: vi.fn(() => 7), setOurs: vi.fn(), receive: vi.fn(), pause: vi.fn(), resume: vi.fn(), close: vi.fn() };
const converse = vi.fn<Converse>((matched, _terms, _relay, _ours, itsEvents) => {
  events = itsEvents;
  return Object.assign(conversation, { chat: matched.chat });
});

beforeEach(() => {
  vi.clearAllMocks();
  vi.stubGlobal("document", { hidden: false });
  board = new PlainBoard();
  server = fakeServer();
  offers = new OfferStore();
  chat = new ChatController(board, server, new MediaController(board, new FakeDevices()), offers, converse);
});

async function meet(mode: Mode = "text"): Promise<void> {
  chat.welcome(welcome());
  await offers.forSearch();
  const args = told("c", "theirs", { mode });
  chat.settle({ type: "search", mode, anyone: false });
  chat.settle({ type: "matched", args });
  chat.begin(args, args);
}

describe("a chat", () => {
  it("begins with the offer that the search committed to, and the partner's commitment", async () => {
    const commit = (chat.welcome(welcome()), await offers.forSearch());
    await meet();
    expect(converse).toHaveBeenCalledOnce();
    expect(converse.mock.calls[0]?.[1]).toMatchObject({ chat: "c", commit: "theirs", offer: { commit } });
    expect(chat.isBegun).toBe(true);
  });

  it("whose partner sent no commitment is ended before a word", async () => {
    chat.welcome(welcome());
    await offers.forSearch();
    const args = told("c", null);
    chat.settle({ type: "search", mode: "text", anyone: false });
    chat.settle({ type: "matched", args });
    chat.begin(args, args);
    expect(converse).not.toHaveBeenCalled();
    expect(board.state.chat?.ended).toBe("seal_failed");
    expect(server.stop).toHaveBeenCalledWith("c");
  });

  it("whose mode the relay changed is ended before a word", async () => {
    chat.welcome(welcome());
    await offers.forSearch();
    const args = told("c", "theirs");
    chat.settle({ type: "search", mode: "text", anyone: false });
    chat.settle({ type: "matched", args });
    chat.begin(args, { ...args, mode: "video" });
    expect(board.state.chat?.ended).toBe("seal_failed");
  });

  it.each([
    ["the partner leaves", () => chat.settle({ type: "ended", chat: "c", reason: "left" })],
    ["we search on", () => chat.settle({ type: "search", mode: "text", anyone: false })],
    ["we stop", () => chat.settle({ type: "stop" })],
    ["it is not as it should be", () => events.fault("seal_broken")],
  ])("is closed when %s, and its stream goes", async (_when, ends) => {
    await meet();
    events.remote("a stream" as unknown as MediaStream);
    expect(board.remote).toBe("a stream");
    ends();
    expect(conversation.close).toHaveBeenCalledOnce();
    expect([chat.isBegun, board.remote]).toEqual([false, null]);
  });

  it("that is over ignores its own late events", async () => {
    await meet();
    chat.settle({ type: "ended", chat: "c", reason: "left" });
    events.fault("seal_broken");
    events.remote("late" as unknown as MediaStream);
    chat.receive("message", "c", "late");
    expect([board.state.chat?.ended, board.remote]).toEqual(["left", null]);
    expect(conversation.receive).not.toHaveBeenCalled();
    expect(server.stop).not.toHaveBeenCalled();
  });
});

describe("what is said", () => {
  beforeEach(() => meet());

  it("goes to the conversation and stands in the log as waiting", () => {
    chat.write("hello");
    expect(conversation.write).toHaveBeenCalledWith("hello");
    expect(board.state.chat?.texts).toMatchObject([{ id: "mine-7", text: "hello", state: "waiting" }]);
    events.textChanged(7, "delivered");
    expect(board.state.chat?.texts).toMatchObject([{ state: "delivered" }]);
  });

  it("comes only from the chat that goes on", () => {
    chat.receive("message", "another", "x");
    chat.receive("signal", "c", "y");
    expect(conversation.receive.mock.calls).toEqual([["signal", "y"]]);
  });

  it("that comes while the page is hidden marks the title", () => {
    vi.stubGlobal("document", { hidden: true });
    events.text(0, "hi");
    expect(board.state.unseen).toBe(true);
  });

  it("waits while the partner is away, and typing is not told", () => {
    chat.partner("c", "away");
    chat.typing(true);
    expect(conversation.pause).toHaveBeenCalledOnce();
    expect(server.typing).not.toHaveBeenCalled();
    chat.partner("c", "back");
    chat.typing(true);
    expect(conversation.resume).toHaveBeenCalledOnce();
    expect(server.typing).toHaveBeenCalledWith("c", true);
  });
});

describe("the comparison", () => {
  beforeEach(() => meet("video"));

  it("that differs ends the chat, at the server too", () => {
    chat.compared(false);
    expect(board.state.chat?.ended).toBe("seal_differs");
    expect(server.stop).toHaveBeenCalledWith("c");
  });

  it("that is the same is remembered", () => {
    events.sealed([1, 2, 3, 4], null);
    events.call("connected");
    chat.compared(true);
    expect(board.state.chat?.seal).toBe("compared");
  });
});

describe("a report", () => {
  beforeEach(() => meet());

  it("ends the chat once the server has it", async () => {
    await chat.report("spam");
    expect(server.report).toHaveBeenCalledWith("c", "spam");
    expect(board.state.chat?.reported).toBe("spam");
    expect(conversation.close).toHaveBeenCalledOnce();
  });

  it("that fails shows a notice, and the chat goes on", async () => {
    server.report.mockResolvedValue(refusal("rate_limited"));
    await chat.report("spam");
    expect(board.state.notice).toEqual({ code: "report_failed" });
    expect(chat.isBegun).toBe(true);
  });
});

describe("credentials for a restart", () => {
  beforeEach(() => meet());

  it("come fresh from the server, or not at all", async () => {
    expect(await events.freshIceServers()).toEqual([{ urls: ["turn:t.example"] }]);
    server.ice.mockResolvedValue(refusal("rate_limited"));
    expect(await events.freshIceServers()).toBeNull();
  });
});
