// One call with one partner: perfect negotiation (W3C webrtc-pc, section 10.7). Whoever makes it passes on what it
// says. It is never reused: each partner gets a new RTCPeerConnection and a new MediaStream.

import type { IceServer } from "../contract.ts";
import type { Candidate, Description } from "../seal/content.ts";
import {
  CANDIDATES_MAX,
  faultOfDescription,
  fingerprintOf,
  fingerprintOfCertificate,
  hasCandidates,
  isFitCandidate,
  outgoingCandidate,
  outgoingDescription,
  withFitCandidates,
} from "./checks.ts";
import type { Quality } from "./quality.ts";
import { Recovery, type CallPhase } from "./recovery.ts";
import { type Route, RouteWatch } from "./route.ts";
import { Watch } from "./watch.ts";

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
  /** False: sound alone. A picture that the partner offers is refused. */
  readonly video: boolean;
}

/** How much a call may use; it can change at any time. */
export interface Tuning {
  /** We send a small picture at few frames. */
  readonly saver: boolean;
  /** False: the partner's picture is not received, only its sound. */
  readonly picture: boolean;
}

/** What a call reports, and what it asks for. */
export interface CallEvents {
  /** Send this to the partner. */
  description(description: Description): void;
  /** Send this to the partner. */
  candidate(candidate: Candidate): void;
  phase(phase: CallPhase): void;
  /** The way that the call goes, once it is connected and whenever it changes. */
  route(route: Route): void;
  /** How good the call is; told every two seconds while it is connected. */
  quality(quality: Quality): void;
  /** The partner's sound and picture; called for each track, with the same stream. */
  remote(stream: MediaStream): void;
  /** A fingerprint is missing, changed, or not that of the certificate: we are not connected to the partner. */
  mismatch(): void;
  /** ICE servers for a restart, since credentials live for ten minutes. Null if the server gives none. */
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

/** The call, or null if the browser has WebRTC but lets us make no connection: an extension or a policy forbids it. */
export function makeCall(options: CallOptions, events: CallEvents, tuning: Tuning): Call | null {
  try {
    return new Call(options, events, tuning);
  } catch {
    return null;
  }
}

/**
 * A peer connection, from its first offer until `close`. It reports a failure but never closes itself. Once it is made
 * no method throws: whatever the browser throws is a phase of the call.
 */
export class Call {
  private readonly peer: RTCPeerConnection;
  private readonly stream = new MediaStream(); // tells the partner that our tracks belong together
  private readonly remote = new MediaStream();
  private readonly early: Candidate[] = [];
  private tracks: Tracks;
  private hasVideo: boolean;
  private makingOffer = false;
  private ignoringOffer = false;
  private fingerprint: string | null = null; // the partner's; it never changes during a call
  private candidates = 0;
  private turn: Promise<void> = Promise.resolve();
  private isOver = false;
  private found = false; // an address that the partner may be told
  private readonly recovery: Recovery;
  private readonly routes: RouteWatch;
  private readonly watch: Watch;

  constructor(
    private readonly options: CallOptions,
    private readonly events: CallEvents,
    private tuning: Tuning = { saver: false, picture: true },
  ) {
    this.tracks = options.tracks;
    this.hasVideo = options.video;
    this.peer = new RTCPeerConnection({
      iceServers: options.iceServers.map(toRtcIceServer),
      iceTransportPolicy: options.relayOnly ? "relay" : "all",
      bundlePolicy: "max-bundle",
      iceCandidatePoolSize: 1, // both sides gather candidates now, while the keys are agreed on
    });
    this.recovery = new Recovery({
      phase: (phase) => this.enter(phase),
      restart: (relay) => void this.restart(relay),
      canRelay: () => !options.relayOnly && options.iceServers.some(isRelay),
    });
    this.routes = new RouteWatch(this.peer, (route) => events.route(route));
    this.watch = new Watch(this.peer, (quality) => events.quality(quality));
    this.watch.setSaver(tuning.saver);
    this.try(() => this.listen());
    // The polite side waits: the offer makes its transceivers, and an answer would reuse none that it had made itself.
    if (!options.polite) this.try(() => this.offerMedia());
  }

  /** Sends other tracks without a negotiation: both directions are agreed on from the start, also without a track. */
  setTracks(tracks: Tracks): void {
    this.tracks = tracks;
    this.try(() => {
      for (const transceiver of this.peer.getTransceivers()) void this.fill(transceiver);
    });
  }

  /**
   * Adds the picture to a call of sound, or ends it. The impolite side offers it; both sides end it at once, so that
   * nothing is sent or shown until the other one has heard of it.
   */
  setVideo(on: boolean): void {
    if (on === this.hasVideo || this.isClosed()) return;
    this.hasVideo = on;
    if (on && !this.options.polite) this.try(() => this.peer.addTransceiver(this.tracks.video ?? "video", this.init("video")));
    if (!on) this.try(() => this.dropVideo());
  }

  /** Changes how much the call uses. Without the partner's picture we ask its browser to send none. */
  tune(tuning: Tuning): void {
    const before = this.tuning;
    this.tuning = tuning;
    this.watch.setSaver(tuning.saver);
    if (before.picture === tuning.picture || this.isClosed()) return;
    this.try(() => {
      for (const transceiver of this.peer.getTransceivers()) this.direct(transceiver);
    });
  }

  /** Tries again to connect, if the call is not connected. */
  retry(): void {
    this.recovery.retry();
  }

  /** One of the two is away: nothing can be agreed on, so nothing fails. */
  pause(): void {
    this.recovery.pause();
  }

  /** Both are here again. */
  resume(): void {
    this.recovery.resume();
  }

  /** Takes the partner's description. This and `receiveCandidate` work one at a time, in the order of the calls. */
  receiveDescription(description: Description): void {
    this.recovery.heard();
    this.inTurn(() => this.takeDescription(description));
  }

  /** Takes a candidate of the partner's, which may come before its description. */
  receiveCandidate(candidate: Candidate): void {
    this.recovery.heard();
    this.inTurn(() => this.takeCandidate(candidate));
  }

  /** Ends the call for good; no event follows. */
  close(): void {
    this.recovery.stop();
    this.watch.stop();
    this.routes.stop();
    this.isOver = true;
    this.try(() => this.peer.close());
    this.try(() => {
      this.peer.onnegotiationneeded = this.peer.onicecandidate = this.peer.ontrack = null;
      this.peer.onconnectionstatechange = null;
    });
    for (const track of this.remote.getTracks()) this.remote.removeTrack(track);
  }

  /** Whatever the browser throws here, the chat goes on in text. */
  private try(act: () => void): void {
    try {
      act();
    } catch {
      this.recovery.fail("browser");
    }
  }

  private listen(): void {
    const { peer } = this;
    peer.onnegotiationneeded = () => void this.offer();
    peer.onicecandidate = ({ candidate }) => this.sendCandidate(candidate);
    peer.ontrack = ({ track }) => {
      if (track.kind === "video" && !this.hasVideo) return;
      this.remote.addTrack(track);
      this.events.remote(this.remote);
    };
    peer.onconnectionstatechange = () => this.followConnection();
  }

  private offerMedia(): void {
    this.peer.addTransceiver(this.tracks.audio ?? "audio", this.init("audio"));
    if (this.hasVideo) this.peer.addTransceiver(this.tracks.video ?? "video", this.init("video"));
  }

  private init(kind: string): RTCRtpTransceiverInit {
    return { direction: this.directionOf(kind), streams: [this.stream] };
  }

  private directionOf(kind: string): RTCRtpTransceiverDirection {
    return kind === "video" && !this.tuning.picture ? "sendonly" : "sendrecv";
  }

  /** Sets whether a medium is received; the browser then asks for a negotiation if that is new. */
  private direct(transceiver: RTCRtpTransceiver): void {
    const direction = this.directionOf(transceiver.receiver.track.kind);
    if (transceiver.direction !== "stopped" && transceiver.direction !== direction) transceiver.direction = direction;
  }

  private dropVideo(): void {
    for (const track of this.remote.getTracks()) if (track.kind === "video") this.remote.removeTrack(track);
    for (const transceiver of this.peer.getTransceivers()) if (transceiver.receiver.track.kind === "video") transceiver.stop();
  }

  private async offer(): Promise<void> {
    try {
      this.makingOffer = true;
      await this.peer.setLocalDescription();
      this.sendDescription();
    } catch {
      // In any state but `stable` it is a negotiation that crossed ours, and the browser will ask for another.
      if (!this.isClosed() && this.peer.signalingState === "stable") this.recovery.fail("browser");
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
    try {
      const { sdp = "" } = await this.peer.createAnswer();
      await this.peer.setLocalDescription({ type: "pranswer", sdp });
    } catch {
      // as said above
    }
  }

  private isPartners(fingerprint: string | null): boolean {
    this.fingerprint ??= fingerprint;
    return fingerprint !== null && fingerprint === this.fingerprint;
  }

  /** Checks ourselves, as the browser has done, that the certificate in use is the partner's. */
  private async checkCertificate(): Promise<void> {
    const certificate = this.certificateInUse();
    if (certificate === undefined) return;
    const theirs = await fingerprintOfCertificate(certificate);
    if (!this.isClosed() && !this.isPartners(theirs)) this.events.mismatch();
  }

  /** Undefined: this browser does not tell. */
  private certificateInUse(): ArrayBuffer | undefined {
    try {
      return this.peer.getSenders()[0]?.transport?.getRemoteCertificates?.()[0];
    } catch {
      return undefined;
    }
  }

  private async answerMedia(): Promise<void> {
    if (!this.hasVideo) this.dropVideo(); // the answer then refuses it
    for (const transceiver of this.peer.getTransceivers()) {
      if (transceiver.currentDirection !== null || transceiver.direction === "stopped") continue; // agreed on before
      this.direct(transceiver);
      // Older Safari lacks it. The partner is then not told that sound and picture belong together.
      if ("setStreams" in transceiver.sender) transceiver.sender.setStreams(this.stream);
      await this.fill(transceiver);
    }
  }

  private async fill({ sender, receiver, stopped }: RTCRtpTransceiver & { readonly stopped?: boolean }): Promise<void> {
    const track = receiver.track.kind === "audio" ? this.tracks.audio : this.tracks.video;
    try {
      if (stopped !== true && sender.track !== track) await sender.replaceTrack(track);
    } catch {
      this.recovery.fail("browser"); // the partner would wait for a picture or a sound that never comes
    }
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
    return this.isOver || this.peer.signalingState === "closed";
  }

  private sendDescription(): void {
    const { localDescription } = this.peer;
    if (localDescription?.type !== "offer" && localDescription?.type !== "answer") return;
    const sdp = outgoingDescription(localDescription.sdp, this.options.relayOnly);
    this.found ||= hasCandidates(sdp);
    this.events.description({ type: localDescription.type, sdp });
  }

  private sendCandidate(found: RTCIceCandidate | null): void {
    if (found === null) return this.noMoreCandidates();
    const { sdpMid, sdpMLineIndex, usernameFragment } = found;
    const candidate = outgoingCandidate(found.candidate, this.options.relayOnly);
    if (candidate === null) return;
    this.found ||= candidate !== "";
    this.events.candidate({ candidate, sdpMid, sdpMLineIndex, usernameFragment });
  }

  /** Without an address of a relay's a call that hides has no way. It is told at once, and no other way is taken. */
  private noMoreCandidates(): void {
    if (this.options.relayOnly && !this.found) this.recovery.fail("relay");
  }

  private followConnection(): void {
    const state = this.peer.connectionState;
    this.recovery.follow(state);
    if (state !== "connected") return this.routes.stop();
    this.routes.start();
    void this.checkCertificate();
  }

  private enter(phase: CallPhase): void {
    if (phase === "connected") this.watch.start();
    else this.watch.stop();
    this.events.phase(phase === "failed.unreachable" && this.options.relayOnly ? "failed.relay" : phase);
  }

  private async restart(relay: boolean): Promise<void> {
    const fresh = await this.events.freshIceServers();
    if (this.isClosed()) return;
    this.try(() => {
      const before = this.peer.getConfiguration();
      const iceTransportPolicy = relay || this.options.relayOnly ? "relay" : "all";
      const iceServers = fresh?.map(toRtcIceServer) ?? before.iceServers ?? [];
      if (fresh !== null || iceTransportPolicy !== before.iceTransportPolicy) this.peer.setConfiguration({ ...before, iceServers, iceTransportPolicy });
      this.peer.restartIce();
    });
  }
}

function isRelay({ urls }: IceServer): boolean {
  return urls.some((url) => /^turns?:/.test(url));
}

function toRtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls: [...urls], ...(username && { username }), ...(credential && { credential }) };
}
