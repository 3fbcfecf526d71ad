// Which servers are tested, and what a peer connection's candidates say of them.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { answers, kindOf, serversOf } from "./paths.ts";

it.each([
  ["stun:s.example:3478", "stun"],
  ["turn:t.example", "turn"],
  ["turn:t.example?transport=udp", "turn"],
  ["turn:t.example:80?transport=tcp", "turn_tcp"],
  ["turns:t.example:443?transport=tcp", "turn_tls"],
  ["http://t.example", null],
])("%s is of kind %s", (url, kind) => expect(kindOf(url)).toBe(kind));

it("servers of one kind keep their credentials, and only the addresses of that kind", () => {
  const turn = { urls: ["turn:t.example", "turns:t.example"], username: "u", credential: "c" };
  expect(serversOf("turn", [{ urls: ["stun:s.example"] }, turn])).toEqual([{ ...turn, urls: ["turn:t.example"] }]);
  expect(serversOf("turn_tcp", [turn])).toEqual([]);
});

class Gathering {
  static last: Gathering;
  onicecandidate: ((event: { candidate: { type: string; candidate: string } | null }) => void) | null = null;
  onicecandidateerror: ((event: { errorCode: number }) => void) | null = null;
  isClosed = false;
  constructor(readonly configuration: RTCConfiguration) {
    Gathering.last = this;
  }
  createDataChannel(): void {}
  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }
  finds(type: string): void {
    this.onicecandidate?.({ candidate: { type, candidate: `candidate:1 1 udp 1 192.0.2.1 1 typ ${type}` } });
  }
  close(): void {
    this.isClosed = true;
  }
}

describe("a server", () => {
  const TURN = [{ urls: ["turn:t.example"], username: "u", credential: "c" }];
  const STUN = [{ urls: ["stun:s.example"] }];
  const peer = () => Gathering.last;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("RTCPeerConnection", Gathering);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("works if it gives an address", async () => {
    const answer = answers("turn", TURN);
    peer().finds("relay");
    expect([await answer, peer().isClosed, peer().configuration.iceTransportPolicy]).toEqual(["good", true, "relay"]);
  });

  it("works, too, if the address that it sees is the device's own, which no browser names twice", async () => {
    const answer = answers("stun", STUN);
    peer().finds("host");
    peer().onicecandidate?.({ candidate: null });
    expect(await answer).toBe("good");
  });

  it("does not if it says nothing", async () => {
    const answer = answers("stun", STUN);
    peer().finds("host");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answer).toBe("bad");
  });

  it.each([[401, "refused"], [701, "bad"]] as const)("that answers with %i is %s", async (errorCode, expected) => {
    const answer = answers("turn", TURN);
    peer().onicecandidateerror?.({ errorCode });
    peer().onicecandidate?.({ candidate: null });
    expect(await answer).toBe(expected);
  });
});
