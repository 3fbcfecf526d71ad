// When a call tries again, and when it has failed: this file alone decides it. It follows the state of the connection
// and says what to do; it touches no connection itself. A broken call is restarted, then restarted over the relay
// alone, and then given up, until somebody asks for it again.

const CONNECT_MS = 10_000; // ICE gives up after 15-30 s, and never starts if no answer comes
const RESTART_AFTER_MS = 4_000; // since `disconnected` often mends itself
const TRY_MS = 10_000; // for each further try; a later success still counts
const ASLEEP_MS = 3_000; // a timer that is later than this: the device slept, and nobody has failed

/** Why there is no call. Each has a sentence in the words, `video.failed.*`. */
export type CallFailure =
  | "browser" // this browser let us make no connection, or threw where it must not
  | "silent" // nothing came of the partner's call, neither a description nor a candidate
  | "unreachable" // never connected: the two networks cannot reach each other
  | "relay" // the same, where a relay is the only way allowed: one of the two hides its address
  | "unfit" // the partner's description failed our checks
  | "candidate" // a candidate of the partner's passed our checks, but the browser cannot read it
  | "negotiation" // this browser could not apply a description
  | "lost"; // was connected, then broken, and no try has mended it
/** Where a call is. `relaying`: the last try, over the relay. A failed call becomes `connected` if it connects after all. */
export type CallPhase = "connecting" | "connected" | "reconnecting" | "relaying" | `failed.${CallFailure}`;

/** What the recovery asks its call to do, and to tell. */
export interface RecoveryActs {
  /** The call is in another phase than before. */
  phase(phase: CallPhase): void;
  /** The connection needs an ICE restart (RFC 8445, section 9), if `relay` over the relay alone. */
  restart(relay: boolean): void;
  /** Whether a relay is there that was not the only way until now. */
  canRelay(): boolean;
}

/** The recovery of one call. Its first deadline begins when it is made. */
export class Recovery {
  private phase: CallPhase = "connecting";
  private wasConnected = false;
  private wasHeard = false; // the partner's call said something
  private tries = 0; // 1: restarted, 2: over the relay
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isPaused = false; // one of the two is away: nothing can be tried, and nothing has failed
  private isOver = false;

  constructor(private readonly acts: RecoveryActs) {
    this.wait(CONNECT_MS);
  }

  /** The partner's call said something: that takes a round trip, or never comes, and then no network is to blame. */
  heard(): void {
    this.wasHeard = true;
    if (this.phase !== "failed.silent" || this.isOver) return;
    this.enter("connecting");
    this.wait(CONNECT_MS);
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
    clearTimeout(this.timer);
    this.enter(`failed.${failure}`);
  }

  /** Tries again from the beginning, if the call is not connected. */
  retry(): void {
    if (this.phase === "connected" || this.isOver) return;
    this.tries = 0;
    this.enter(this.wasConnected ? "reconnecting" : "connecting");
    this.wait(0);
  }

  /** One of the two is away: nothing fails until `resume`, since nothing could be agreed on. */
  pause(): void {
    this.isPaused = true;
    clearTimeout(this.timer);
  }

  /** Both are here again. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.retry();
  }

  /** The call is over: nothing more is decided. */
  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private recovered(): void {
    clearTimeout(this.timer);
    this.wasConnected = true;
    this.tries = 0;
    this.enter("connected");
  }

  /** Only the first loss counts: each further try has its time, however often the state changes meanwhile. */
  private broken(restartInMs: number): void {
    if (this.tries > 0 || this.phase.startsWith("failed")) return;
    if (this.phase === "connected") this.enter("reconnecting");
    this.wait(restartInMs);
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    if (this.isPaused) return;
    const due = Date.now() + ms;
    this.timer = setTimeout(() => (Date.now() - due > ASLEEP_MS ? this.retry() : this.next()), ms);
  }

  private next(): void {
    if (!this.wasHeard && !this.wasConnected) return this.fail("silent");
    this.tries++;
    if (this.tries > 2 || (this.tries === 2 && !this.acts.canRelay())) return this.giveUp();
    if (this.tries === 2) this.enter("relaying");
    this.acts.restart(this.tries === 2);
    this.wait(TRY_MS);
  }

  private giveUp(): void {
    this.fail(this.wasConnected ? "lost" : "unreachable");
  }

  private enter(phase: CallPhase): void {
    if (phase === this.phase || this.isOver) return;
    this.phase = phase;
    this.acts.phase(phase);
  }
}
