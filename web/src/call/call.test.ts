// A call on a fake peer connection: negotiation, failures, restarts, the certificate.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Description } from "../seal/content.ts";
import { CANDIDATE, FakePeer, FakeStream, sdp } from "../testing/peer.ts";
import { Call, type CallEvents } from "./call.ts";
import { CANDIDATES_MAX } from "./checks.ts";
import type { CallPhase } from "./recovery.ts";

let phases: CallPhase[];
let said: Description[];
let events: { [E in keyof CallEvents]: ReturnType<typeof vi.fn<CallEvents[E]>> };

const peer = () => FakePeer.last;
const turn = () => vi.advanceTimersByTimeAsync(0);

function call(polite: boolean, relayOnly = false): Call {
  const tracks = { audio: { kind: "audio" } as MediaStreamTrack, video: null };
  return new Call({ polite, relayOnly, iceServers: [{ urls: ["stun:s.example"] }], tracks }, events);
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
    remote: vi.fn<CallEvents["remote"]>(),
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
  it("unreachable: no connection in 20 s", async () => {
    call(true);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(phases).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(phases).toEqual(["failed.unreachable"]);
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

  it("lost: broken for 15 s, and not 20 from the start", async () => {
    call(true);
    peer().become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    peer().become("disconnected");
    await vi.advanceTimersByTimeAsync(14_999);
    expect(phases).toEqual(["connected", "reconnecting"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(phases).toEqual(["connected", "reconnecting", "failed.lost"]);
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
