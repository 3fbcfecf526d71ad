// The chat's controller: how a chat begins, what passes through it, how it ends.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeDevices, fakeServer, PlainBoard, refusal, told, welcome } from "../testing/board.ts";
import type { Mode } from "../contract.ts";
import { FirstWords } from "../text/memory.ts";
import { ChatController, type ChatParts } from "./chat.ts";
import type { ConversationEvents } from "./conversation.ts";
import { LadderController } from "./ladder.ts";
import { MediaController } from "./media.ts";
import { OfferStore } from "./offers.ts";
import { makeOffer } from "../seal/handshake.ts";

let board: PlainBoard;
let server: ReturnType<typeof fakeServer>;
let offers: OfferStore;
let chat: ChatController;
let events: ConversationEvents;
const conversation = { chat: "c", write: vi.fn(() => 7), react: vi.fn(), climb: vi.fn(), say: vi.fn(), setOurs: vi.fn(), tune: vi.fn(), retryCall: vi.fn(), receive: vi.fn(), pause: vi.fn(), resume: vi.fn(), close: vi.fn() };
const converse = vi.fn<ChatParts["converse"]>((matched, _terms, _relay, _ours, itsEvents) => {
  events = itsEvents;
  return Object.assign(conversation, { chat: matched.chat });
});

const laddering: ChatParts["laddering"] = (...parts) => new LadderController(...parts);

beforeEach(() => {
  vi.clearAllMocks();
  vi.stubGlobal("document", { hidden: false });
  board = new PlainBoard();
  server = fakeServer();
  offers = new OfferStore(makeOffer);
  const firstWords = new FirstWords();
  chat = new ChatController(board, server, new MediaController(board, new FakeDevices()), offers, () => ({ converse, laddering, folds: () => false, firstWords }));
});

async function meet(mode: Mode = "text", id = "c"): Promise<void> {
  chat.welcome(welcome());
  await offers.forSearch();
  const args = told(id, "theirs", { mode });
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

  it("is told as news, as is the end of the chat, once", () => {
    const news = vi.fn();
    chat.onNews = news;
    events.text(0, "hi");
    chat.settle({ type: "ended", chat: "c", reason: "left" });
    chat.settle({ type: "ended", chat: "c", reason: "lost" });
    expect(news.mock.calls).toEqual([["message"], ["end"]]);
  });

  it("in which the partner reacts shows it, and no more than two a second", () => {
    for (let n = 0; n < 50; n++) events.reaction(n % 6);
    expect(board.state.chat?.reactions.map(({ mine, sign }) => [mine, sign])).toEqual([[false, 0], [false, 1]]);
  });

  it("takes our reactions once it is sealed, and no more than two a second", () => {
    chat.react(0);
    expect(conversation.react).not.toHaveBeenCalled();
    events.sealed([1, 2, 3, 4], null);
    for (let n = 0; n < 50; n++) chat.react(3);
    expect(conversation.react.mock.calls).toEqual([[3], [3]]);
    chat.react(6);
    chat.partner("c", "away");
    chat.react(1);
    expect(conversation.react).toHaveBeenCalledTimes(2);
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

describe("a report of the partner that we have left", () => {
  beforeEach(async () => {
    await meet();
    chat.settle({ type: "stop" });
  });

  it("goes to the server with the id of that chat", async () => {
    await chat.reportLast("minor");
    expect(server.report.mock.calls).toEqual([["c", "minor"]]);
    expect(board.state.parted?.chat.reported).toBe("minor");
  });

  it("that comes too late says so", async () => {
    server.report.mockResolvedValue(refusal("chat_over"));
    await chat.reportLast("minor");
    expect([board.state.notice, board.state.parted?.chat.reported]).toEqual([{ code: "report_late" }, null]);
  });

  it("is not sent if there is nobody", async () => {
    board.dispatch({ type: "welcome", args: welcome() });
    await chat.reportLast("minor");
    expect(server.report).not.toHaveBeenCalled();
  });
});

describe("the words of another stranger", () => {
  const ADVERT = "Hey sexy, I am so bored, come and look at my pictures";
  const advert = () => board.state.chat?.trust.advert;

  it("are told, and those of the same one are not", async () => {
    await meet();
    events.text(0, ADVERT);
    events.text(1, ADVERT);
    expect(advert()).toBe("none");
    chat.settle({ type: "stop" });
    await meet("text", "d");
    events.text(0, ADVERT);
    expect(advert()).toBe("shown");
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
