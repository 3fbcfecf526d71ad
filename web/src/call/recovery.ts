// When a call restarts, and when it has failed: this file alone decides it. It follows the state of the connection and
// says what to do; it touches no connection itself.

const CONNECT_TIMEOUT_MS = 20_000; // ICE gives up after 15-30 s, and never starts if no answer comes
const RESTART_AFTER_MS = 4_000; // since `disconnected` often mends itself
const GIVE_UP_AFTER_MS = 15_000; // from the first loss until we say so; a later success still counts

/** Why there is no call. Each has a sentence in the words, `video.failed.*`. */
export type CallFailure =
  | "unreachable" // never connected: the two networks cannot reach each other, or no answer came
  | "unfit" // the partner's description failed our checks
  | "candidate" // a candidate of the partner's passed our checks, but the browser cannot read it
  | "negotiation" // this browser could not apply a description
  | "lost"; // was connected, then broken for GIVE_UP_AFTER_MS
/** Where a call is. A failed call becomes `connected` if it connects after all. */
export type CallPhase = "connecting" | "connected" | "reconnecting" | `failed.${CallFailure}`;

/** What the recovery asks its call to do. */
export interface RecoveryActs {
  /** The call is in another phase than before. */
  phase(phase: CallPhase): void;
  /** The connection needs an ICE restart (RFC 8445, section 9). */
  restart(): void;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** The recovery of one call. Its first deadline begins when it is made. */
export class Recovery {
  private phase: CallPhase = "connecting";
  private wasConnected = false;
  private connectTimer: Timer; // until the first connection
  private restartTimer: Timer;
  private lossTimer: Timer; // from a loss until the connection is back
  private isOver = false;

  constructor(private readonly acts: RecoveryActs) {
    this.connectTimer = setTimeout(() => this.fail("unreachable"), CONNECT_TIMEOUT_MS);
  }

  /** The connection changed its state (RTCPeerConnection.connectionState). */
  follow(state: RTCPeerConnectionState): void {
    if (this.isOver) return;
    if (state === "connected") this.recovered();
    else if (state === "disconnected") this.broken(RESTART_AFTER_MS);
    else if (state === "failed") this.broken(0);
  }

  /** The call cannot go on as it is. A connection that comes up later still counts. */
  fail(failure: CallFailure): void {
    this.enter(`failed.${failure}`);
  }

  /** The call is over: nothing more is decided. */
  stop(): void {
    this.isOver = true;
    this.clearTimers();
  }

  private clearTimers(): void {
    for (const timer of [this.connectTimer, this.restartTimer, this.lossTimer]) clearTimeout(timer);
    this.lossTimer = undefined;
  }

  private recovered(): void {
    this.clearTimers();
    this.wasConnected = true;
    this.enter("connected");
  }

  private broken(restartInMs: number): void {
    if (this.phase === "connected") this.enter("reconnecting");
    clearTimeout(this.restartTimer);
    this.restartTimer = setTimeout(() => this.acts.restart(), restartInMs);
    if (this.wasConnected) this.lossTimer ??= setTimeout(() => this.fail("lost"), GIVE_UP_AFTER_MS);
  }

  private enter(phase: CallPhase): void {
    if (phase === this.phase || this.isOver) return;
    this.phase = phase;
    this.acts.phase(phase);
  }
}
