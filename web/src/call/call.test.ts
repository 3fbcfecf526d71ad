// A call on a fake peer connection: negotiation, failures, restarts, the certificate.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Description } from "../seal/content.ts";
import { CANDIDATE, FakePeer, FakeStream, sdp } from "../testing/peer.ts";
import { Call, type CallEvents, makeCall } from "./call.ts";
import { CANDIDATES_MAX } from "./checks.ts";
import type { CallPhase } from "./recovery.ts";

let phases: CallPhase[];
let said: Description[];
let events: { [E in keyof CallEvents]: ReturnType<typeof vi.fn<CallEvents[E]>> };

const peer = () => FakePeer.last;
const turn = () => vi.advanceTimersByTimeAsync(0);

function call(polite: boolean, relayOnly = false, video = true): Call {
  const tracks = { audio: { kind: "audio" } as MediaStreamTrack, video: null };
  return new Call({ polite, relayOnly, iceServers: [{ urls: ["stun:s.example"] }], tracks, video }, events);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", FakeStream);
  phases = [];
  said = [];
  events = {
    description: vi.fn<CallEvents["description"]>((description) => void said.push(description)),
    candidate: vi.fn<CallEvents["candidate"]>(),
    phase: vi.fn<CallEvents["phase"]>((phase) => void phases.push(phase)),
    quality: vi.fn<CallEvents["quality"]>(),
    remote: vi.fn<CallEvents["remote"]>(),
    route: vi.fn<CallEvents["route"]>(),
    mismatch: vi.fn<CallEvents["mismatch"]>(),
    freshIceServers: vi.fn<CallEvents["freshIceServers"]>(() => Promise.resolve([{ urls: ["turn:t.example"], username: "u", credential: "c" }])),
  };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const offer = (about = "theirs") => ({ type: "offer", sdp: sdp(about) }) as const;
const answer = () => ({ type: "answer", sdp: sdp("theirs") }) as const;

describe("an offer", () => {
  it("is made by the impolite peer alone, for sound and picture", async () => {
    call(true);
    await turn();
    expect(said).toEqual([]);
    call(false);
    await turn();
    expect(said.map(({ type }) => type)).toEqual(["offer"]);
    expect(peer().transceivers.map(({ receiver }) => receiver.track.kind)).toEqual(["audio", "video"]);
  });

  it("is answered, with our track in the place of its kind", async () => {
    const ours = call(true);
    ours.receiveDescription(offer());
    await turn();
    expect(said.map(({ type }) => type)).toEqual(["answer"]);
    expect(peer().transceivers[0]).toMatchObject({ direction: "sendrecv", sender: { track: { kind: "audio" } } });
    expect(peer().signalingState).toBe("stable");
  });

  it("that crosses ours is ignored by the impolite peer, its candidates too", async () => {
    const ours = call(false);
    await turn();
    ours.receiveDescription(offer());
    ours.receiveCandidate(CANDIDATE);
    await turn();
    expect(peer().remoteDescription).toBeNull();
    ours.receiveDescription(answer());
    await turn();
    expect([said.map(({ type }) => type), peer().signalingState]).toEqual([["offer"], "stable"]);
  });

  it("that crosses ours is taken by the polite peer, which gives its own up", async () => {
    const ours = call(true);
    ours.receiveDescription(offer());
    await turn();
    peer().onnegotiationneeded?.();
    await turn();
    ours.receiveDescription(offer("again"));
    await turn();
    expect(said.map(({ type }) => type)).toEqual(["answer", "offer", "answer"]);
    expect(peer().signalingState).toBe("stable");
  });

  it("whose candidates came first gets them", async () => {
    const ours = call(true);
    ours.receiveCandidate(CANDIDATE);
    await turn();
    expect(peer().candidates).toEqual([]);
    ours.receiveDescription(offer());
    await turn();
    expect(peer().candidates).toEqual([CANDIDATE]);
  });
});

describe("a candidate", () => {
  it("of ours is sent, the end of candidates is not", () => {
    call(true);
    peer().onicecandidate?.({ candidate: { ...CANDIDATE, more: "that stays here" } });
    peer().onicecandidate?.({ candidate: null });
    expect(events.candidate.mock.calls).toEqual([[CANDIDATE]]);
  });

  it("is one too many after fifty for one description", async () => {
    const ours = call(true);
    ours.receiveDescription(offer());
    for (let n = 0; n < CANDIDATES_MAX + 1; n++) ours.receiveCandidate(CANDIDATE);
    await turn();
    expect(peer().candidates).toHaveLength(CANDIDATES_MAX);
  });

  it("that is not a relay's is dropped when we hide", async () => {
    const ours = call(true, true);
    ours.receiveDescription(offer());
    ours.receiveCandidate(CANDIDATE);
    await turn();
    expect(peer().candidates).toEqual([]);
    expect(peer().configuration.iceTransportPolicy).toBe("relay");
    expect(phases).toEqual([]);
  });
});

describe("a call that fails says why", () => {
  it("silent: nothing of the partner's call in 10 s", async () => {
    call(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(phases).toEqual(["failed.silent"]);
  });

  it("unreachable: no connection in 20 s, though the other browser answers", async () => {
    call(true).receiveDescription(offer());
    await vi.advanceTimersByTimeAsync(19_999);
    expect(phases).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(phases).toEqual(["failed.unreachable"]);
  });

  it("silent: not a word of the other browser in 20 s", async () => {
    call(true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(phases).toEqual(["failed.silent"]);
  });

  it("unfit: the partner's description fails our checks", async () => {
    call(true).receiveDescription({ type: "offer", sdp: "v=1" });
    await turn();
    expect(phases).toEqual(["failed.unfit"]);
  });

  it("candidate: the browser cannot read it", async () => {
    const ours = call(true);
    ours.receiveDescription(offer());
    await turn();
    peer().failsWith = new TypeError("no candidate");
    ours.receiveCandidate(CANDIDATE);
    await turn();
    expect(phases).toEqual(["failed.candidate"]);
  });

  it("negotiation: the browser cannot apply the description", async () => {
    const ours = call(true);
    peer().failsWith = new DOMException("no codec", "OperationError");
    ours.receiveDescription(offer());
    await turn();
    expect(phases).toEqual(["failed.negotiation"]);
  });

  it("lost: broken for 14 s, and not 20 from the start", async () => {
    call(true);
    peer().become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    peer().become("disconnected");
    await vi.advanceTimersByTimeAsync(13_999);
    expect(phases).toEqual(["connected", "reconnecting"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(phases).toEqual(["connected", "reconnecting", "failed.lost"]);
  });
});

describe("a browser that throws", () => {
  const error = new DOMException("forbidden", "OperationError");
  const WAYS = [
    ["throws", () => { throw error; }],
    ["rejects", () => Promise.reject(error)],
  ] as const;
  const METHODS = ["addTransceiver", "getTransceivers", "setLocalDescription", "setRemoteDescription", "createAnswer", "addIceCandidate", "getSenders", "close"] as const;
  const THROWN_ONLY: readonly string[] = ["addTransceiver", "getTransceivers", "getSenders", "close"]; // which return no promise
  const CASES = METHODS.flatMap((method) => WAYS.filter(([how]) => how === "throws" || !THROWN_ONLY.includes(method)).map(([how, act]) => [method, how, act] as const));

  /** All that happens in a call, on one side. */
  async function wholeCall(polite: boolean): Promise<void> {
    const ours = makeCall({ polite, relayOnly: false, iceServers: [], tracks: { audio: null, video: null }, video: false }, events, { saver: false, picture: true });
    await turn();
    ours?.setTracks({ audio: { kind: "audio" } as MediaStreamTrack, video: null });
    ours?.receiveDescription(polite ? offer() : answer());
    ours?.receiveCandidate(CANDIDATE);
    await turn();
    ours?.setVideo(true);
    await turn();
    peer().become("connected");
    ours?.setVideo(false);
    await turn();
    peer().become("failed");
    await turn();
    ours?.close();
    await turn();
  }

  it.each(CASES)("in %s (%s) ends nothing but the call", async (method, _how, act) => {
    vi.spyOn(FakePeer.prototype, method).mockImplementation(act as never);
    for (const polite of [true, false]) await wholeCall(polite);
    vi.restoreAllMocks();
  });

  it.each(["addTransceiver", "setLocalDescription"] as const)("in %s is told of at once", async (method) => {
    vi.spyOn(FakePeer.prototype, method).mockImplementation(() => { throw error; });
    call(false);
    await turn();
    expect(phases).toEqual(["failed.browser"]);
    vi.restoreAllMocks();
  });

  it.each(["RTCPeerConnection", "MediaStream"])("in the making of a %s gives no call", (name) => {
    vi.stubGlobal(name, class { constructor() { throw error; } });
    expect(makeCall({ polite: true, relayOnly: false, iceServers: [], tracks: { audio: null, video: null }, video: true }, events, { saver: false, picture: true })).toBeNull();
  });

  it("in a sender says that nothing goes out", async () => {
    const ours = call(false);
    await turn();
    const { sender } = peer().transceivers[0] ?? {};
    if (sender !== undefined) sender.replaceTrack = () => Promise.reject(error);
    ours.setTracks({ audio: null, video: null });
    await turn();
    expect(phases).toEqual(["failed.browser"]);
  });
});

describe("a call that breaks", () => {
  it("restarts ICE after 4 s with fresh credentials", async () => {
    call(true);
    peer().become("connected");
    peer().become("disconnected");
    await vi.advanceTimersByTimeAsync(3_999);
    expect(peer().restartIce).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(peer().restartIce).toHaveBeenCalledOnce();
    expect(peer().setConfiguration.mock.calls[0]?.[0]).toMatchObject({ iceServers: [{ urls: ["turn:t.example"], username: "u", credential: "c" }] });
  });

  it("restarts at once when ICE has given up, also without fresh credentials", async () => {
    events.freshIceServers.mockResolvedValue(null);
    call(true);
    peer().become("connected");
    peer().become("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(peer().restartIce).toHaveBeenCalledOnce();
    expect(peer().setConfiguration).not.toHaveBeenCalled();
  });
});

describe("a call with a relay", () => {
  const withRelay = { iceServers: [{ urls: ["stun:s.example", "turn:t.example"] }], tracks: { audio: null, video: null }, video: true };

  it("tries the relay alone before it is given up", async () => {
    const ours = new Call({ polite: true, relayOnly: false, ...withRelay }, events);
    ours.receiveDescription(offer());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(phases).toEqual(["relaying"]);
    expect(peer().setConfiguration.mock.calls.map(([configuration]) => (configuration as RTCConfiguration).iceTransportPolicy)).toEqual(["all", "relay"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(phases).toEqual(["relaying", "failed.unreachable"]);
  });

  it("has nothing else to try when it hides, and never leaves the relay", async () => {
    const ours = new Call({ polite: true, relayOnly: true, ...withRelay }, events);
    ours.receiveDescription(offer());
    await vi.advanceTimersByTimeAsync(20_000);
    ours.retry();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(phases).toEqual(["failed.relay", "connecting", "failed.relay"]);
    expect(peer().setConfiguration.mock.calls.every(([configuration]) => (configuration as RTCConfiguration).iceTransportPolicy === "relay")).toBe(true);
  });
});

describe("the partner's picture", () => {
  const directions = () => peer().transceivers.map(({ direction }) => direction);

  it("is not asked for by who only wants to hear, on either side, and can be wanted again", async () => {
    const options = { relayOnly: false, iceServers: [], tracks: { audio: null, video: null }, video: true };
    const ours = new Call({ polite: true, ...options }, events, { saver: false, picture: false });
    ours.receiveDescription({ type: "offer", sdp: sdp("theirs", undefined, ["audio", "video"]) });
    await turn();
    expect(directions()).toEqual(["sendrecv", "sendonly"]);
    ours.tune({ saver: false, picture: true });
    expect(directions()).toEqual(["sendrecv", "sendrecv"]);
  });
});

describe("another certificate than before", () => {
  it("is not our partner's", async () => {
    const ours = call(true);
    ours.receiveDescription(offer());
    await turn();
    ours.receiveDescription({ type: "offer", sdp: sdp("theirs", Array(32).fill("FF").join(":")) });
    await turn();
    expect(events.mismatch).toHaveBeenCalledOnce();
  });

  it("nor is a description without a fingerprint", async () => {
    call(true).receiveDescription({ type: "offer", sdp: "v=0\r\n" });
    await turn();
    expect(events.mismatch).toHaveBeenCalledOnce();
  });
});

describe("a call that is closed", () => {
  it("says nothing more, whatever was under way", async () => {
    const ours = call(false);
    await turn();
    peer().become("connected");
    ours.receiveDescription(offer());
    ours.receiveDescription({ type: "offer", sdp: "none of a call" });
    ours.receiveDescription({ type: "offer", sdp: sdp("theirs").replace(/^a=fingerprint.*$/m, "") });
    ours.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases).toEqual(["connected"]);
    expect(events.mismatch).not.toHaveBeenCalled();
    expect(peer().onconnectionstatechange).toBeNull();
  });

  it("sends other tracks while it lasts, without negotiating", async () => {
    const ours = call(false);
    await turn();
    const camera = { kind: "video" } as MediaStreamTrack;
    ours.setTracks({ audio: null, video: camera });
    await turn();
    expect(peer().transceivers.map(({ sender }) => sender.track)).toEqual([null, camera]);
    expect(said).toHaveLength(1);
  });
});

describe("a call of sound", () => {
  const withVideo = () => ({ type: "offer", sdp: sdp("theirs", undefined, ["audio", "video"]) }) as const;
  const media = () => peer().transceivers.map(({ receiver, direction }) => [receiver.track.kind, direction]);
  const shown = () => (events.remote.mock.calls.at(-1)?.[0].getTracks() ?? []).map(({ kind }) => kind);

  it("offers no picture", async () => {
    call(false, false, false);
    await turn();
    expect(media().map(([kind]) => kind)).toEqual(["audio"]);
  });

  it("refuses the picture that a partner offers, and shows nothing of it", async () => {
    const ours = call(true, false, false);
    ours.receiveDescription(withVideo());
    await turn();
    expect(media()).toEqual([["audio", "sendrecv"], ["video", "stopped"]]);
    expect(said.map(({ type, sdp: text }) => [type, text.includes("m=video")])).toEqual([["answer", false]]);
    expect(shown()).toEqual(["audio"]);
    expect(events.remote).toHaveBeenCalledOnce(); // for the sound: the picture was never in the stream
  });

  it.each([["impolite", false, ["offer", "offer"]], ["polite", true, ["answer", "answer"]]] as const)("gets a picture later, on the %s side", async (_side, polite, descriptions) => {
    const ours = call(polite, false, false);
    await turn();
    ours.receiveDescription(polite ? offer() : answer());
    await turn();
    ours.setVideo(true);
    ours.setVideo(true);
    await turn();
    if (polite) ours.receiveDescription(withVideo());
    await turn();
    expect(said.map(({ type }) => type)).toEqual(descriptions);
    expect(media()).toEqual([["audio", polite ? "sendrecv" : "recvonly"], ["video", polite ? "sendrecv" : "recvonly"]]);
  });

  it("has no picture any more at once, and takes no new one", async () => {
    const ours = call(true);
    ours.receiveDescription(withVideo());
    await turn();
    expect(shown()).toEqual(["audio", "video"]);
    ours.setVideo(false);
    expect(shown()).toEqual(["audio"]);
    expect(media()).toEqual([["audio", "sendrecv"], ["video", "stopped"]]);
    await turn();
    ours.receiveDescription(withVideo());
    await turn();
    expect(shown()).toEqual(["audio"]);
    expect(said.at(-1)?.sdp).not.toContain("m=video");
  });
});

describe("a call that hides", () => {
  const found = (type: string) => ({ ...CANDIDATE, candidate: CANDIDATE.candidate.replace("host", type) });

  it("names no address but a relay's, whatever the browser found, and takes no other", async () => {
    const ours = call(false, true);
    await turn();
    for (const type of ["host", "srflx", "relay"]) peer().onicecandidate?.({ candidate: found(type) });
    expect(events.candidate.mock.calls.map(([{ candidate }]) => candidate)).toEqual([found("relay").candidate]);
    ours.receiveDescription(answer());
    for (const type of ["host", "prflx", "relay"]) ours.receiveCandidate(found(type));
    await turn();
    expect(peer().candidates).toEqual([found("relay")]);
  });

  it("fails at once if no relay gives an address, and takes no other way", async () => {
    call(false, true);
    await turn();
    peer().onicecandidate?.({ candidate: found("host") });
    peer().onicecandidate?.({ candidate: null });
    expect(phases).toEqual(["failed.relay"]);
    expect(peer().configuration.iceTransportPolicy).toBe("relay");
  });

  it("that does not connect says that the relay is why", async () => {
    call(false, true).receiveDescription(answer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases).toEqual(["failed.relay"]);
  });

  it("stays so in a restart", async () => {
    call(false, true);
    await turn();
    peer().become("connected");
    peer().become("failed");
    await turn();
    expect(peer().setConfiguration.mock.calls[0]?.[0]).toMatchObject({ iceTransportPolicy: "relay" });
  });
});

it("a connected call tells which way it goes", async () => {
  call(false);
  peer().stats.set("t", { type: "transport", selectedCandidatePairId: "p" });
  peer().stats.set("p", { type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r" });
  peer().stats.set("l", { type: "local-candidate", candidateType: "relay" });
  peer().stats.set("r", { type: "remote-candidate", candidateType: "srflx" });
  peer().become("connected");
  await turn();
  expect(events.route.mock.calls).toEqual([[{ mine: "relay", theirs: "direct" }]]);
});
