// A conversation with a partner who may say anything: when its call is made, and what is ignored before and above that.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Pace } from "../channel/pace.ts";
import { Talk } from "../channel/talk.ts";
import type { Relay } from "../channel/terms.ts";
import type { IceServer, MatchedArgs, Step } from "../contract.ts";
import type { Content } from "../seal/content.ts";
import { makeOffer } from "../seal/handshake.ts";
import { eventually, told } from "../testing/board.ts";
import { LIMITS } from "../testing/pair.ts";
import { CANDIDATE, FakePeer, FakeStream, sdp } from "../testing/peer.ts";
import { Conversation, type ConversationEvents, type Ours } from "./conversation.ts";

const TURN: IceServer = { urls: ["turn:t.example"], username: "u", credential: "c" };
const OFFER: Content = { name: "description", value: { type: "offer", sdp: sdp("theirs", undefined, ["audio", "video"]) } };
const MIC: Ours = { tracks: { audio: { kind: "audio" } as MediaStreamTrack, video: null }, media: { mic: true, cam: false } };
const BOTH: Ours = { tracks: { audio: MIC.tracks.audio, video: { kind: "video" } as MediaStreamTrack }, media: { mic: true, cam: true } };
const now = () => performance.now();
const pace = () => ({ message: new Pace({ rate_s: 1e6, burst: 1e6 }, now), signal: new Pace({ rate_s: 1e6, burst: 1e6 }, now) });

let events: { [E in keyof ConversationEvents]: ReturnType<typeof vi.fn<ConversationEvents[E]>> };
let ours: Conversation;
let theirs: Talk;
let got: Content[]; // what the partner got from us
let sealed: Promise<void>;

/** We and a partner, sealed. The partner is a bare channel, so it can say whatever it likes. */
async function meet(matched: Partial<MatchedArgs> = {}, our = MIC): Promise<void> {
  const [one, two, next] = await Promise.all([makeOffer(), makeOffer(), makeOffer()]);
  const { polite = true } = matched;
  const terms = { chat: "c", nextCommit: next.commit, limits: LIMITS, now };
  const relayTo = (receive: (event: "message" | "signal", data: string) => void): Relay => ({
    message: async (_chat, data) => (receive("message", data), { ok: true }),
    signal: async (_chat, data) => (receive("signal", data), { ok: true }),
  });
  sealed = new Promise((done) => {
    theirs = new Talk({ ...terms, polite: !polite, offer: two, commit: one.commit, pace: pace() }, relayTo((event, data) => ours.receive(event, data)), {
      sealed: () => done(),
      received: (content) => void got.push(content),
      textChanged: () => undefined,
      fault: () => undefined,
    });
  });
  const ourTerms = { ...terms, polite, offer: one, commit: two.commit, pace: pace() };
  ours = new Conversation(told("c", two.commit, { polite, ...matched }), ourTerms, relayTo((event, data) => theirs.receive(event, data)), our, events, { saver: false, picture: true });
  theirs.start();
  await sealed;
}

/** The partner says these things, and we have heard them. */
async function says(...contents: readonly Content[]): Promise<void> {
  for (const content of contents) theirs.send(content);
  theirs.send({ name: "text", value: "so" });
  const { length } = events.text.mock.calls;
  await eventually(() => expect(events.text.mock.calls.length).toBe(length + 1));
  // The lanes are apart, so the text alone does not tell that the signals have come.
  for (let turn = 0; turn < 50; turn++) await new Promise((done) => setImmediate(done));
}

const step = (open: Step): Content => ({ name: "step", value: { open } });
const names = () => got.map(({ name }) => name);
const kinds = () => FakePeer.last.transceivers.filter(({ direction }) => direction !== "stopped").map(({ receiver }) => receiver.track.kind);
const phases = () => events.call.mock.calls.map(([phase]) => phase);

beforeEach(() => {
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", FakeStream);
  FakePeer.made = 0;
  got = [];
  events = {
    text: vi.fn<ConversationEvents["text"]>(),
    textChanged: vi.fn<ConversationEvents["textChanged"]>(),
    sealed: vi.fn<ConversationEvents["sealed"]>(),
    fault: vi.fn<ConversationEvents["fault"]>(),
    step: vi.fn<ConversationEvents["step"]>(),
    reaction: vi.fn<ConversationEvents["reaction"]>(),
    partnerMedia: vi.fn<ConversationEvents["partnerMedia"]>(),
    call: vi.fn<ConversationEvents["call"]>(),
    route: vi.fn<ConversationEvents["route"]>(),
    quality: vi.fn<ConversationEvents["quality"]>(),
    remote: vi.fn<ConversationEvents["remote"]>(),
    freshIceServers: vi.fn<ConversationEvents["freshIceServers"]>(() => Promise.resolve([TURN])),
  };
});

afterEach(() => {
  ours.close();
  theirs.close();
  vi.unstubAllGlobals();
});

describe("before both agree", () => {
  it.each([
    ["nobody has agreed", () => undefined],
    ["we alone have agreed", () => ours.climb(2, 0)],
  ])("no peer connection is made of a hasty partner's offer while %s", async (_when, first) => {
    await meet();
    first();
    await says(OFFER, { name: "candidate", value: CANDIDATE }, { name: "media", value: { mic: true, cam: true } });
    expect(FakePeer.made).toBe(0);
    expect(events.freshIceServers).not.toHaveBeenCalled();
    expect([names().includes("description"), names().includes("candidate"), names().includes("media")]).toEqual([false, false, false]);
    expect([phases(), events.partnerMedia.mock.calls]).toEqual([[], []]);
  });

  it("the partner's words are passed on, and those that do not fit are ignored", async () => {
    await meet();
    const wrong = [3, -1, "2", null, 0.5].map((open) => ({ name: "step", value: { open } }) as unknown as Content);
    await says(...wrong, step(2));
    expect(events.step.mock.calls).toEqual([[2]]);
    expect([FakePeer.made, events.fault.mock.calls]).toEqual([0, []]);
  });
});

describe("once both agree", () => {
  it("to sound, the call has sound alone and fresh credentials, and the word goes out before the offer", async () => {
    await meet({ polite: false }, BOTH);
    ours.climb(1, 1);
    await eventually(() => expect(names()).toContain("description"));
    expect(got.slice(0, 3)).toMatchObject([{ name: "step", value: { open: 1 } }, { name: "media", value: { mic: true, cam: false } }, { name: "description" }]);
    expect([kinds(), FakePeer.last.configuration.iceServers]).toEqual([["audio"], [TURN]]);
  });

  it("what the partner sent while we asked for ICE servers is not lost", async () => {
    let give: (servers: readonly IceServer[] | null) => void = () => undefined;
    events.freshIceServers.mockReturnValue(new Promise((done) => (give = done)));
    await meet();
    ours.climb(2, 2);
    await says(OFFER, { name: "candidate", value: CANDIDATE });
    expect(FakePeer.made).toBe(0);
    give(null);
    await eventually(() => expect(names()).toContain("description"));
    expect(FakePeer.last.candidates).toEqual([CANDIDATE]);
    expect(FakePeer.last.configuration.iceServers).toEqual([]);
  });

  it("addresses stay hidden if one of the two hides", async () => {
    await meet({ relay_only: true });
    ours.climb(1, 1);
    await eventually(() => expect(FakePeer.made).toBe(1));
    expect(FakePeer.last.configuration.iceTransportPolicy).toBe("relay");
  });

  it("to sound, a picture is refused; to video later, the same call gets one", async () => {
    await meet({}, BOTH);
    ours.climb(1, 1);
    await says(OFFER);
    await eventually(() => expect(names()).toContain("description"));
    expect(kinds()).toEqual(["audio"]);
    expect(events.remote.mock.calls.at(-1)?.[0]?.getTracks().map(({ kind }) => kind)).toEqual(["audio"]);
    ours.climb(2, 2);
    await says(OFFER);
    await eventually(() => expect(kinds()).toEqual(["audio", "video"]));
    expect(FakePeer.made).toBe(1);
    await eventually(() => expect(got.findLast(({ name }) => name === "media")?.value).toEqual({ mic: true, cam: true }));
  });
});

describe("going down", () => {
  it("to sound ends the picture, to text the call; then nothing of a call is taken", async () => {
    await meet({ polite: false }, BOTH);
    ours.climb(2, 2);
    await eventually(() => expect(names()).toContain("description"));
    ours.climb(1, 1);
    expect(kinds()).toEqual(["audio"]);
    ours.climb(0, 0);
    expect(FakePeer.last.connectionState).toBe("closed");
    expect([phases().at(-1), events.remote.mock.lastCall, events.partnerMedia.mock.lastCall]).toEqual(["none", [null], [null]]);
    await says(OFFER);
    expect(FakePeer.made).toBe(1);
    await eventually(() => expect(got.filter(({ name }) => name === "step").map(({ value }) => value)).toEqual([{ open: 2 }, { open: 1 }, { open: 0 }]));
  });

  it("while the ICE servers are asked for makes no call at all", async () => {
    await meet();
    ours.climb(1, 1);
    ours.climb(0, 0);
    await says(step(0));
    expect(FakePeer.made).toBe(0);
  });

  it("and up again is another call, which another certificate does not disturb", async () => {
    await meet({}, BOTH);
    ours.climb(2, 2);
    await says(OFFER);
    ours.climb(0, 0);
    ours.climb(2, 2);
    await says({ name: "description", value: { type: "offer", sdp: sdp("new", Array(32).fill("FF").join(":")) } });
    expect([FakePeer.made, events.fault.mock.calls]).toEqual([2, []]);
  });
});

describe("a video chat", () => {
  it.each([
    [0, 0, []],
    [1, 1, ["audio"]],
    [2, 1, ["audio", "video"]],
  ] as const)("with %i as its highest step", async (step_max, calls, media) => {
    await meet({ mode: "video", step_max }, BOTH);
    await says(OFFER, step(2));
    expect(FakePeer.made).toBe(calls);
    if (calls > 0) expect(kinds()).toEqual(media);
    expect(events.step).not.toHaveBeenCalled();
    expect(names().includes("media")).toBe(step_max > 0);
  });
});

it("a chat whose partner never says a step stays a text chat", async () => {
  await meet();
  ours.climb(1, 0);
  await says();
  expect([FakePeer.made, events.step.mock.calls, phases()]).toEqual([0, [], []]);
  ours.write("still here");
  await eventually(() => expect(got).toContainEqual({ name: "text", value: "still here" }));
});
