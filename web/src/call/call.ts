// One call with one partner: perfect negotiation (W3C webrtc-pc, section 10.7). Whoever makes it passes on what it
// says. It is never reused: each partner gets a new RTCPeerConnection and a new MediaStream.

import type { IceServer } from "../contract.ts";
import type { Candidate, Description } from "../seal/content.ts";
import { CANDIDATES_MAX, faultOfDescription, fingerprintOf, fingerprintOfCertificate, isFitCandidate, withFitCandidates } from "./checks.ts";
import { Recovery, type CallPhase } from "./recovery.ts";

/** What we send now; null: nothing of that kind. */
export interface Tracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
}

/** What `matched` told, and our tracks. With `relayOnly` only a relay's addresses are used. */
export interface CallOptions {
  readonly polite: boolean;
  readonly relayOnly: boolean;
  readonly iceServers: readonly IceServer[];
  readonly tracks: Tracks;
}

/** What a call reports, and what it asks for. */
export interface CallEvents {
  /** Send this to the partner. */
  description(description: Description): void;
  /** Send this to the partner. */
  candidate(candidate: Candidate): void;
  phase(phase: CallPhase): void;
  /** The partner's sound and picture; called for each track, with the same stream. */
  remote(stream: MediaStream): void;
  /** A fingerprint is missing, changed, or not that of the certificate: we are not connected to the partner. */
  mismatch(): void;
  /** ICE servers for a restart, since credentials live for ten minutes. Null if the server gives none. */
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

/** Whether this browser has WebRTC. */
export function isCallPossible(): boolean {
  return typeof RTCPeerConnection === "function";
}

/** A peer connection, from its first offer until `close`. It reports a failure but never closes itself. */
export class Call {
  private readonly peer: RTCPeerConnection;
  private readonly stream = new MediaStream(); // tells the partner that our tracks belong together
  private readonly remote = new MediaStream();
  private readonly early: Candidate[] = [];
  private tracks: Tracks;
  private makingOffer = false;
  private ignoringOffer = false;
  private fingerprint: string | null = null; // the partner's; it never changes during a call
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
      iceCandidatePoolSize: 1, // both sides gather candidates now, while the keys are agreed on
    });
    this.listen();
    this.recovery = new Recovery({ phase: (phase) => events.phase(phase), restart: () => void this.restart() });
    // The polite side waits: the offer makes its transceivers, and an answer would reuse none that it had made itself.
    if (!options.polite) this.offerMedia();
  }

  /** Sends other tracks without a negotiation: both directions are agreed on from the start, also without a track. */
  setTracks(tracks: Tracks): void {
    this.tracks = tracks;
    for (const transceiver of this.peer.getTransceivers()) void this.fill(transceiver);
  }

  /** Takes the partner's description. This and `receiveCandidate` work one at a time, in the order of the calls. */
  receiveDescription(description: Description): void {
    this.inTurn(() => this.takeDescription(description));
  }

  /** Takes a candidate of the partner's, which may come before its description. */
  receiveCandidate(candidate: Candidate): void {
    this.inTurn(() => this.takeCandidate(candidate));
  }

  /** Ends the call for good; no event follows. */
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
      // The state changed meanwhile; the browser will ask for a negotiation again.
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
   * Sets a provisional answer first: without it, Chromium drops the candidates gathered since `matched` when it sets
   * the answer. Firefox has no provisional answers, and gathers nothing ahead.
   */
  private async keepGathered(): Promise<void> {
    const { sdp = "" } = await this.peer.createAnswer();
    await this.peer.setLocalDescription({ type: "pranswer", sdp }).catch(() => undefined);
  }

  private isPartners(fingerprint: string | null): boolean {
    this.fingerprint ??= fingerprint;
    return fingerprint !== null && fingerprint === this.fingerprint;
  }

  /** Checks ourselves, as the browser has done, that the certificate in use is the partner's. */
  private async checkCertificate(): Promise<void> {
    const { transport } = this.peer.getSenders()[0] ?? {};
    const [certificate] = transport?.getRemoteCertificates?.() ?? [];
    if (certificate === undefined) return; // this browser does not tell
    const theirs = await fingerprintOfCertificate(certificate);
    if (!this.isClosed() && !this.isPartners(theirs)) this.events.mismatch();
  }

  private async answerMedia(): Promise<void> {
    for (const transceiver of this.peer.getTransceivers()) {
      if (transceiver.currentDirection !== null) continue; // agreed on before: this is a restart
      transceiver.direction = "sendrecv";
      // Older Safari lacks it. The partner is then not told that sound and picture belong together.
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
      // A candidate of an ignored offer fits nothing. Any other failure but a TypeError only means one path less.
      if (!this.ignoringOffer && error instanceof TypeError) this.recovery.fail("candidate");
    }
  }

  private inTurn(act: () => Promise<void>): void {
    this.turn = this.turn.then(() => (this.isClosed() ? undefined : act())).catch(() => this.recovery.fail("negotiation"));
  }

  private isClosed(): boolean {
    return this.peer.signalingState === "closed";
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
    if (this.isClosed()) return;
    if (iceServers !== null) {
      this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: iceServers.map(toRtcIceServer) });
    }
    this.peer.restartIce();
  }
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls: [...urls], ...(username && { username }), ...(credential && { credential }) };
}
