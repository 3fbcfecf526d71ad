// When a call restarts, and when it has failed: this file alone decides it. It follows the state of the connection and
// says what to do; it touches no connection itself.

const CONNECT_TIMEOUT_MS = 20_000; // ICE gives up by itself after 15-30 s, or never starts if no answer comes
const RESTART_AFTER_MS = 4_000; // `disconnected` often heals by itself
const GIVE_UP_AFTER_MS = 15_000; // from the first loss to saying so; a later success still counts

/** Why there is no call: one sentence each, `video.failed.*` of the words. */
export type CallFailure =
  | "unreachable" // never connected: no way between the two networks, or no answer came
  | "unfit" // the partner's description is not one of a call
  | "candidate" // a candidate of the partner's passed our checks, and the browser does not accept it
  | "negotiation" // this browser could not make a call of what the two described
  | "lost"; // connected, then broken for too long
export type CallPhase = "connecting" | "connected" | "reconnecting" | `failed.${CallFailure}`;

export interface RecoveryActs {
  /** The call is in another phase than before. */
  phase(phase: CallPhase): void;
  /** The connection needs an ICE restart (RFC 8445, section 9). */
  restart(): void;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Recovery {
  private phase: CallPhase = "connecting";
  private wasConnected = false;
  private connectTimer: Timer; // until the first connection
  private restartTimer: Timer;
  private lossTimer: Timer; // from a loss until the connection is back

  constructor(private readonly acts: RecoveryActs) {
    this.connectTimer = setTimeout(() => this.fail("unreachable"), CONNECT_TIMEOUT_MS);
  }

  /** The connection changed its state (RTCPeerConnection.connectionState). */
  follow(state: RTCPeerConnectionState): void {
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
    for (const timer of [this.connectTimer, this.restartTimer, this.lossTimer]) clearTimeout(timer);
    this.lossTimer = undefined;
  }

  private recovered(): void {
    this.stop();
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
    if (phase === this.phase) return;
    this.phase = phase;
    this.acts.phase(phase);
  }
}
