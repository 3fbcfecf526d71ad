// The ladder of a text chat through its controllers: devices on a click and no longer than needed, and what goes out.

import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Mode } from "../contract.ts";
import { ASK_EVERY_MS } from "../state/steps.ts";
import { FakeDevices, fakeServer, PlainBoard, told, welcome } from "../testing/board.ts";
import { FakeStream } from "../testing/peer.ts";
import { ChatController, type ChatParts } from "./chat.ts";
import type { ConversationEvents } from "./conversation.ts";
import { LadderController } from "./ladder.ts";
import { MediaController } from "./media.ts";
import { OfferStore } from "./offers.ts";
import { makeOffer } from "../seal/handshake.ts";

let board: PlainBoard;
let devices: FakeDevices;
let chat: ChatController;
let events: ConversationEvents;
const conversation = { chat: "c", write: vi.fn(() => 7), react: vi.fn(), climb: vi.fn(), say: vi.fn(), setOurs: vi.fn(), tune: vi.fn(), retryCall: vi.fn(), receive: vi.fn(), pause: vi.fn(), resume: vi.fn(), close: vi.fn() };
const news = vi.fn();
const laddering: ChatParts["laddering"] = (...parts) => new LadderController(...parts);
const converse: ChatParts["converse"] = (matched, _terms, _relay, _ours, itsEvents) => {
  events = itsEvents;
  return Object.assign(conversation, { chat: matched.chat });
};

beforeEach(async () => {
  vi.clearAllMocks();
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("MediaStream", FakeStream);
  board = new PlainBoard();
  devices = new FakeDevices();
  const offers = new OfferStore(makeOffer);
  const media = new MediaController(board, devices);
  chat = new ChatController(board, fakeServer(), media, offers, () => ({ converse, laddering, folds: () => false, firstWords: { begin: () => undefined, hear: () => 0 } }));
  chat.onNews = news;
  devices.onChange = () => chat.setOurs(media.changed());
  await offers.forSearch();
  chat.welcome(welcome());
  meet("text");
  chat.begin(told("c", "theirs"), told("c", "theirs"));
  events.sealed([1, 2, 3, 4], null);
});

function meet(mode: Mode): void {
  const args = told("c", "theirs", { mode });
  chat.settle({ type: "search", mode, anyone: false });
  chat.settle({ type: "matched", args });
}

/** The last word and the last open step that the conversation was told. */
const climbed = () => conversation.climb.mock.lastCall;
const on = () => [devices.tracks.audio !== null, devices.tracks.video !== null];
const steps = () => board.state.chat?.steps;

describe("our devices", () => {
  it("are asked for on our click alone, not when the partner asks", async () => {
    events.step(2);
    expect([on(), steps()?.shown]).toEqual([[false, false], 2]);
    await chat.climb(1);
    expect([on(), climbed()]).toEqual([[true, false], [1, 1]]);
    await chat.climb(2);
    expect([on(), climbed()]).toEqual([[true, true], [2, 2]]);
  });

  it("that the browser denies leave everything as it is, and the fault is said", async () => {
    events.step(1);
    devices.fault = "denied";
    await chat.climb(1);
    expect([board.state.media.micFault, steps()?.own, steps()?.shown, board.state.chat?.ended]).toEqual(["denied", 0, 1, null]);
    expect(conversation.climb.mock.calls.every(([word, open]) => word === 0 && open === 0)).toBe(true);
    devices.fault = null;
    await chat.climb(1);
    expect([climbed(), board.state.media.micFault]).toEqual([[1, 1], null]);
  });

  it("that a camera is denied to keep the sound, and the fault stays to be read", async () => {
    events.step(2);
    await chat.climb(1);
    devices.fault = "denied";
    await chat.climb(2);
    expect([steps()?.own, board.state.media.micFault, devices.tracks.audio !== null]).toEqual([1, "denied", true]);
  });

  it.each([
    ["we go back to text", () => chat.climb(0)],
    ["the partner goes back to text", () => events.step(0)],
    ["the partner leaves", () => chat.settle({ type: "ended", chat: "c", reason: "left" })],
    ["we search on", () => chat.settle({ type: "search", mode: "text", anyone: false })],
    ["the seal breaks", () => events.fault("seal_broken")],
    ["we report", () => chat.report("nudity")],
  ])("are off when %s", async (_when, ends) => {
    events.step(2);
    await chat.climb(2);
    expect(on()).toEqual([true, true]);
    await ends();
    expect(on()).toEqual([false, false]);
  });

  it("lose the camera alone when one goes down to sound", async () => {
    events.step(2);
    await chat.climb(2);
    events.step(1);
    expect([on(), climbed()]).toEqual([[true, false], [1, 1]]);
  });

  it("that are granted after the chat is over are turned off", async () => {
    let grant: () => void = () => undefined;
    const setMic = devices.setMic.bind(devices);
    vi.spyOn(devices, "setMic").mockImplementationOnce(async (wanted) => {
      await new Promise<void>((done) => (grant = done));
      return setMic(wanted);
    });
    const climbing = chat.climb(1);
    chat.settle({ type: "ended", chat: "c", reason: "left" });
    expect(devices.releases).toBe(1);
    grant();
    await climbing;
    expect(steps()?.own).toBe(0);
    expect(on()).toEqual([false, false]);
  });

  it("are off again when nobody answers our ask", async () => {
    await chat.climb(2);
    expect([on(), climbed()]).toEqual([[true, true], [2, 0]]);
    vi.advanceTimersByTime(ASK_EVERY_MS);
    board.dispatch({ type: "tick" });
    chat.follow();
    expect([on(), climbed(), steps()?.news]).toEqual([[false, false], [0, 0], "silent"]);
  });
});

describe("a no", () => {
  it("repeats our word and changes nothing else", () => {
    events.step(2);
    chat.refuseStep();
    expect(conversation.say.mock.calls).toEqual([[0]]);
    expect([steps()?.shown, on()]).toEqual([null, [false, false]]);
    chat.refuseStep();
    expect(conversation.say).toHaveBeenCalledOnce();
  });
});

describe("a partner's ask", () => {
  it("is news", () => {
    events.step(1);
    expect(news.mock.calls).toEqual([["message"]]);
  });

  it("shows nothing and answers nothing if we never want to be asked", () => {
    board.dispatch({ type: "settings", settings: { steps: false } });
    events.step(2);
    expect([steps()?.shown, news.mock.calls, conversation.say.mock.calls]).toEqual([null, [], []]);
    expect(conversation.climb.mock.calls.every(([word, open]) => word === 0 && open === 0)).toBe(true);
  });

  it("a thousand times shows once, and turns nothing on", () => {
    const seen = new Set();
    for (let n = 0; n < 1000; n++) {
      events.step(([2, 0, 1] as const)[n % 3] ?? 0);
      if (n > 1) seen.add(steps()?.shown);
    }
    expect([...seen]).toEqual([null]);
    expect([on(), conversation.say.mock.calls, steps()?.theirAsks.count]).toEqual([[false, false], [], 1]);
  });
});

it("before the chat is sealed nothing can be asked", async () => {
  board.dispatch({ type: "stop" });
  meet("text");
  await chat.climb(1);
  expect([steps()?.own ?? 0, on()]).toEqual([0, [false, false]]);
});

it("two clicks ask the browser once", async () => {
  events.step(2);
  const acquire = vi.spyOn(devices, "acquire");
  await Promise.all([chat.climb(2), chat.climb(2)]);
  expect(acquire).toHaveBeenCalledOnce();
  expect(climbed()).toEqual([2, 2]);
});
