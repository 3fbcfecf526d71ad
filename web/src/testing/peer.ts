// A fake RTCPeerConnection with what a call needs of it: the states of JSEP (RFC 9429), without a network.

import { vi } from "vitest";

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, "0").toUpperCase()).join(":");

/** A short session description of these media. `about` tells it from others; `fingerprint` is its certificate's. */
export function sdp(about: string, fingerprint = FINGERPRINT, media: readonly string[] = ["audio"]): string {
  const lines = media.map((kind) => `m=${kind} 9 UDP/TLS/RTP/SAVPF 111\r\n`).join("");
  return `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=${about}\r\nt=0 0\r\na=fingerprint:sha-256 ${fingerprint}\r\n${lines}`;
}

/** A candidate that passes the checks. */
export const CANDIDATE = {
  candidate: "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host",
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment: "abcd",
};

type Description = { readonly type: RTCSdpType; readonly sdp: string };

class FakeTransceiver {
  direction: RTCRtpTransceiverDirection = "recvonly";
  currentDirection: RTCRtpTransceiverDirection | null = null;
  readonly receiver: { readonly track: { readonly kind: string } };
  onstop: () => void = () => undefined;
  readonly sender: {
    track: unknown;
    parameters: { encodings: Record<string, unknown>[] };
    replaceTrack(track: unknown): Promise<void>;
    setStreams: () => void;
    getParameters(): { encodings: Record<string, unknown>[] };
    setParameters(parameters: { encodings: Record<string, unknown>[] }): Promise<void>;
  };

  constructor(kind: string, track: unknown) {
    this.receiver = { track: { kind } };
    this.sender = {
      track,
      replaceTrack: async (other) => {
        this.sender.track = other;
      },
      setStreams: () => undefined,
      parameters: { encodings: [{}] },
      getParameters: () => structuredClone(this.sender.parameters),
      setParameters: async (parameters) => {
        this.sender.parameters = parameters;
      },
    };
  }

  stop(): void {
    this.direction = "stopped";
    this.onstop();
  }
}

/** The fake peer connection. A test calls `become` for a change of its state; `last` is the newest one made. */
export class FakePeer {
  static last: FakePeer;
  static made = 0;
  signalingState: RTCSignalingState = "stable";
  connectionState: RTCPeerConnectionState = "new";
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  currentRemoteDescription: Description | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  ontrack: ((event: { track: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly candidates: unknown[] = [];
  readonly transceivers: FakeTransceiver[] = [];
  readonly restartIce = vi.fn(() => this.onnegotiationneeded?.());
  readonly setConfiguration = vi.fn<(configuration: unknown) => void>();
  /** If set, the partner's descriptions and candidates fail with this error. */
  failsWith: Error | null = null;
  /** What the statistics tell. */
  rows: readonly Record<string, unknown>[] = [];
  private offers = 0;
  private needed = false;

  constructor(readonly configuration: RTCConfiguration) {
    FakePeer.last = this;
    FakePeer.made++;
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  addTransceiver(what: string | { readonly kind: string }): void {
    this.add(typeof what === "string" ? new FakeTransceiver(what, null) : new FakeTransceiver(what.kind, what));
    this.needNegotiation();
  }

  private add(transceiver: FakeTransceiver): void {
    transceiver.onstop = () => {
      if (this.signalingState === "stable") this.needNegotiation();
    };
    this.transceivers.push(transceiver);
  }

  private needNegotiation(): void {
    if (!this.needed) queueMicrotask(() => {
      this.needed = false;
      this.onnegotiationneeded?.();
    });
    this.needed = true;
  }

  private get kinds(): string[] {
    return this.transceivers.filter(({ direction }) => direction !== "stopped").map(({ receiver }) => receiver.track.kind);
  }

  /** As a browser does for each medium that it did not know. */
  private meet(kind: string): void {
    if (this.kinds.includes(kind)) return;
    const transceiver = new FakeTransceiver(kind, null);
    this.add(transceiver);
    this.ontrack?.({ track: transceiver.receiver.track });
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  /** More of what `getStats` gives, by id. */
  readonly stats = new Map<string, unknown>();
  async getStats(): Promise<ReadonlyMap<unknown, unknown>> {
    return new Map<unknown, unknown>([...this.rows.map((row, at): [number, unknown] => [at, row]), ...this.stats]);
  }

  getSenders() {
    return [];
  }

  async createAnswer(): Promise<Description> {
    return { type: "answer", sdp: sdp("answer") };
  }

  async setLocalDescription(given?: Description): Promise<void> {
    await Promise.resolve();
    const type = given?.type ?? (this.signalingState === "have-remote-offer" || this.signalingState === "have-local-pranswer" ? "answer" : "offer");
    this.localDescription = given ?? { type, sdp: sdp(`${type} ${++this.offers}`, FINGERPRINT, this.kinds) };
    this.signalingState = type === "offer" ? "have-local-offer" : type === "pranswer" ? "have-local-pranswer" : "stable";
    if (type === "answer") this.currentRemoteDescription = this.remoteDescription;
  }

  async setRemoteDescription(given: Description): Promise<void> {
    await Promise.resolve();
    if (this.failsWith !== null) throw this.failsWith;
    if (given.type === "answer" && this.signalingState !== "have-local-offer") throw new DOMException("no offer", "InvalidStateError");
    if (given.type === "offer") for (const [, kind = ""] of given.sdp.matchAll(/^m=(\w+) [1-9]/gm)) this.meet(kind);
    this.remoteDescription = given; // if two offers collide, our own is rolled back (section 4.1.10.2)
    this.signalingState = given.type === "offer" ? "have-remote-offer" : "stable";
    if (given.type === "answer") this.currentRemoteDescription = given;
  }

  async addIceCandidate(candidate: unknown): Promise<void> {
    if (this.failsWith !== null) throw this.failsWith;
    this.candidates.push(candidate);
  }

  /** Changes the connection's state, and calls the handler as a browser would. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
  }
}

/** A MediaStream that only keeps its tracks. */
export class FakeStream {
  constructor(readonly tracks: unknown[] = []) {}
  getTracks(): unknown[] {
    return [...this.tracks];
  }
  addTrack(track: unknown): void {
    this.tracks.push(track);
  }
  removeTrack(track: unknown): void {
    this.tracks.splice(this.tracks.indexOf(track), 1);
  }
}
