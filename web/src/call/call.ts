// One call with one partner: perfect negotiation (W3C webrtc-pc, section 10.7) over a channel that is given to it.
// Never reused: each partner gets a new RTCPeerConnection and a new MediaStream.

import type { IceServer } from "../contract.ts";
import type { Candidate, Description } from "../seal/content.ts";
import { CANDIDATES_MAX, faultOfDescription, fingerprintOf, fingerprintOfCertificate, isFitCandidate, withFitCandidates } from "./checks.ts";
import { Recovery, type CallPhase } from "./recovery.ts";

export interface Tracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
}

export interface CallOptions {
  readonly polite: boolean;
  readonly relayOnly: boolean;
  readonly iceServers: readonly IceServer[];
  readonly tracks: Tracks;
}

export interface CallEvents {
  description(description: Description): void;
  candidate(candidate: Candidate): void;
  phase(phase: CallPhase): void;
  remote(stream: MediaStream): void;
  /** What came is not the partner's connection: a fingerprint that is missing, changed, or not that of its certificate. */
  mismatch(): void;
  /** Credentials for a restart: those of the start live ten minutes. Null if there are none to have. */
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

export function isCallPossible(): boolean {
  return typeof RTCPeerConnection === "function";
}

export class Call {
  private readonly peer: RTCPeerConnection;
  private readonly stream = new MediaStream(); // names our tracks as belonging together
  private readonly remote = new MediaStream();
  private readonly early: Candidate[] = [];
  private tracks: Tracks;
  private makingOffer = false;
  private ignoringOffer = false;
  private fingerprint: string | null = null; // the partner's, the same for the life of the connection
  private candidates = 0;
  private turn: Promise<void> = Promise.resolve();
  private readonly recovery: Recovery;

  constructor(
    private readonly options: CallOptions,
    private readonly events: CallEvents,
  ) {
    this.tracks = options.tracks;
    this.peer = new RTCPeerConnection({
      iceServers: options.iceServers.map(toRtcIceServer),
      iceTransportPolicy: options.relayOnly ? "relay" : "all",
      bundlePolicy: "max-bundle",
      iceCandidatePoolSize: 1, // gathering begins now, on both sides, while the keys are agreed on
    });
    this.listen();
    this.recovery = new Recovery({ phase: (phase) => events.phase(phase), restart: () => void this.restart() });
    // The polite one waits: its transceivers are made by the offer, and an answer reuses none that it had made itself.
    if (!options.polite) this.offerMedia();
  }

  /** What we send now. Needs no negotiation: both directions were agreed from the start, with or without a track. */
  setTracks(tracks: Tracks): void {
    this.tracks = tracks;
    for (const transceiver of this.peer.getTransceivers()) void this.fill(transceiver);
  }

  /** Descriptions and candidates are taken one after the other, as they came. */
  receiveDescription(description: Description): void {
    this.inTurn(() => this.takeDescription(description));
  }

  receiveCandidate(candidate: Candidate): void {
    this.inTurn(() => this.takeCandidate(candidate));
  }

  close(): void {
    this.recovery.stop();
    this.peer.onnegotiationneeded = this.peer.onicecandidate = this.peer.ontrack = null;
    this.peer.onconnectionstatechange = null;
    this.peer.close();
    for (const track of this.remote.getTracks()) this.remote.removeTrack(track);
  }

  private listen(): void {
    const { peer } = this;
    peer.onnegotiationneeded = () => void this.offer();
    peer.onicecandidate = ({ candidate }) => this.sendCandidate(candidate);
    peer.ontrack = ({ track }) => {
      this.remote.addTrack(track);
      this.events.remote(this.remote);
    };
    peer.onconnectionstatechange = () => this.followConnection();
  }

  private offerMedia(): void {
    const init: RTCRtpTransceiverInit = { direction: "sendrecv", streams: [this.stream] };
    this.peer.addTransceiver(this.tracks.audio ?? "audio", init);
    this.peer.addTransceiver(this.tracks.video ?? "video", init);
  }

  private async offer(): Promise<void> {
    try {
      this.makingOffer = true;
      await this.peer.setLocalDescription();
      this.sendDescription();
    } catch {
      // A state that changed meanwhile asks for negotiation again.
    } finally {
      this.makingOffer = false;
    }
  }

  private async takeDescription({ type, sdp }: Description): Promise<void> {
    if (faultOfDescription(sdp) !== null) return this.recovery.fail("unfit");
    if (!this.isPartners(fingerprintOf(sdp))) return this.events.mismatch();
    const { peer } = this;
    const collision = type === "offer" && (this.makingOffer || peer.signalingState !== "stable");
    this.ignoringOffer = !this.options.polite && collision;
    if (this.ignoringOffer) return;
    this.candidates = 0;
    await peer.setRemoteDescription({ type, sdp: withFitCandidates(sdp, this.options.relayOnly) });
    for (const candidate of this.early.splice(0)) await this.addCandidate(candidate);
    if (type === "answer") return;
    await this.answerMedia();
    if (peer.currentRemoteDescription === null) await this.keepGathered();
    await peer.setLocalDescription();
    this.sendDescription();
  }

  /**
   * Chromium forgets what it has gathered since `matched` when it takes an answer, unless a provisional one went before.
   * Firefox has no provisional answers, and gathers nothing ahead.
   */
  private async keepGathered(): Promise<void> {
    const { sdp = "" } = await this.peer.createAnswer();
    await this.peer.setLocalDescription({ type: "pranswer", sdp }).catch(() => undefined);
  }

  private isPartners(fingerprint: string | null): boolean {
    this.fingerprint ??= fingerprint;
    return fingerprint !== null && fingerprint === this.fingerprint;
  }

  /** The browser has compared them too; this is our own look at whom we are connected to. */
  private async checkCertificate(): Promise<void> {
    const { transport } = this.peer.getSenders()[0] ?? {};
    const [certificate] = transport?.getRemoteCertificates?.() ?? [];
    if (certificate === undefined || this.peer.connectionState === "closed") return; // a browser that does not tell
    if (!this.isPartners(await fingerprintOfCertificate(certificate))) this.events.mismatch();
  }

  private async answerMedia(): Promise<void> {
    for (const transceiver of this.peer.getTransceivers()) {
      if (transceiver.currentDirection !== null) continue; // agreed before: a restart
      transceiver.direction = "sendrecv";
      // Older Safari lacks it; then sound and picture are merely not named as belonging together.
      if ("setStreams" in transceiver.sender) transceiver.sender.setStreams(this.stream);
      await this.fill(transceiver);
    }
  }

  private async fill({ sender, receiver, stopped }: RTCRtpTransceiver & { readonly stopped?: boolean }): Promise<void> {
    const track = receiver.track.kind === "audio" ? this.tracks.audio : this.tracks.video;
    if (stopped !== true && sender.track !== track) await sender.replaceTrack(track).catch(() => undefined);
  }

  private async takeCandidate(candidate: Candidate): Promise<void> {
    if (++this.candidates > CANDIDATES_MAX || !isFitCandidate(candidate.candidate, this.options.relayOnly)) return;
    if (this.peer.remoteDescription === null) this.early.push(candidate);
    else await this.addCandidate(candidate);
  }

  private async addCandidate(candidate: Candidate): Promise<void> {
    try {
      await this.peer.addIceCandidate(candidate);
    } catch (error) {
      // Those of an offer that we ignored fit nothing; any other that fails is one way less, no reason to stop.
      if (!this.ignoringOffer && error instanceof TypeError) this.recovery.fail("candidate");
    }
  }

  private inTurn(act: () => Promise<void>): void {
    this.turn = this.turn.then(act).catch(() => {
      if (this.peer.signalingState !== "closed") this.recovery.fail("negotiation");
    });
  }

  private sendDescription(): void {
    const { localDescription } = this.peer;
    if (localDescription?.type !== "offer" && localDescription?.type !== "answer") return;
    this.events.description({ type: localDescription.type, sdp: localDescription.sdp });
  }

  private sendCandidate(found: RTCIceCandidate | null): void {
    if (found === null) return;
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = found;
    this.events.candidate({ candidate, sdpMid, sdpMLineIndex, usernameFragment });
  }

  private followConnection(): void {
    const state = this.peer.connectionState;
    this.recovery.follow(state);
    if (state === "connected") void this.checkCertificate();
  }

  private async restart(): Promise<void> {
    const iceServers = await this.events.freshIceServers();
    if (this.peer.signalingState === "closed") return;
    if (iceServers !== null) {
      this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: iceServers.map(toRtcIceServer) });
    }
    this.peer.restartIce();
  }
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls: [...urls], ...(username && { username }), ...(credential && { credential }) };
}
