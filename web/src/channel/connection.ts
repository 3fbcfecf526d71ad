// The connection to the server (docs/protocol.md): it is made, kept and resumed here. It has no buffer, but for the
// moment between two links of a move. What cannot be sent now is refused with `not_connected`, and whoever asked decides
// what to do when `welcome` comes.

import type { Code, Criteria, IceOk, Ok, Pause, Refusal, ReportReason, WelcomeArgs } from "../contract.ts";
import { Link, type LinkOwner, type Question, type RelayedEvents, type Typed, type Why } from "./link.ts";
import type { Host, Moves } from "./moves.ts";
import { retryDelayMs } from "./retry.ts";
import { Transports } from "./transports.ts";

const ANSWER_TIMEOUT_MS = 10_000; // longer than any round trip on a connection that the heartbeat keeps alive
const PAUSED_RETRY_S = 300; // to a server that keeps our address out; arbitrary. The visitor can always try at once.
const STALE_MS = 2_000; // an attempt without an answer may have begun while the network was away

/** A refusal by the server, or our own `not_connected`: there is no connection, or no reply came in time. */
export type Refused = Omit<Refusal, "code"> & { readonly code: Code | "not_connected" };
/** The server's acknowledgement of an event, or our own refusal in its place. */
export type Reply = Ok | Refused;
type Plain = Ok | Refusal;

/**
 * Why there is no connection. `lost`: the next attempt is `retryInMs` away; `code` is the server's reason, or null if
 * it gave none; with `paused` there is a `pause`, too. `outdated`: the server speaks another version, so there is no next attempt.
 */
export type Trouble =
  | { readonly kind: "lost"; readonly retryInMs: number; readonly code: Code | null; readonly pause?: Pause }
  | { readonly kind: "outdated" };

/** What a connection reports: the server's events, and its own state. */
export type ConnectionEvents = RelayedEvents & {
  /** `moved`: we have kept our place on the way to another process, and what has no reply yet is asked there. */
  welcome(args: WelcomeArgs, moved: boolean): void;
  /** An attempt begins. */
  connecting(): void;
  trouble(trouble: Trouble): void;
};

const NOT_CONNECTED: Refused = { ok: false, code: "not_connected", message: "not connected" };

/** One visitor's connection, over all its links. The events of an abandoned link are ignored. */
export class Connection implements Host {
  link: Link | null = null;
  readonly unanswered = new Set<Question>();
  private moves: Moves | null = null; // from the first `moving` on
  private token: string | null = null; // for a resume; in memory only, so that a closed page leaves nothing
  private attempt = 0;
  private readonly transports = new Transports();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly owner: LinkOwner;

  /** `moving` makes what follows a server to another process, or nothing if that is not loaded yet. */
  constructor(
    readonly events: ConnectionEvents,
    moving: (host: Host) => Moves | null,
  ) {
    this.owner = {
      events,
      welcomed: (link, args) => this.moves?.welcomed(link, args) || this.welcome(args, false),
      heard: (link, deliver) => this.moves?.heard(link, deliver) || deliver(),
      moving: (link, args) => (this.moves ??= moving(this))?.told(link, args),
      ended: (link, why) => this.moves?.ended(link, why) || this.failed(why),
    };
  }

  /** Connects now, unless there is a connection or an attempt. A planned attempt is cancelled. */
  connect(): void {
    if (this.link !== null || this.moves?.isBetween === true) return;
    clearTimeout(this.retry);
    this.events.connecting();
    this.link = this.newLink();
  }

  /** Tries at once: cancels a planned wait, and an attempt that has long had no answer. A connection stays. */
  hurry(): void {
    if (this.link?.welcomed === true) return;
    this.moves?.hurry();
    if (this.link !== null && this.link.age > STALE_MS) {
      this.link.drop();
      this.link = null;
    }
    this.connect();
  }

  /** Ends the session for good, with a DISCONNECT. Called when the page closes. */
  leave(): void {
    clearTimeout(this.retry);
    this.token = null;
    this.link?.leave();
    this.moves?.leave();
    this.link = null;
    this.refuseAll();
  }

  /** Looks for a partner; in a chat, this ends it first. The reply comes before `searching` and `matched`. */
  find(criteria: Criteria): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("find", criteria, ack));
  }

  /** Leaves the chat or, with null, the search (the event `leave`). */
  stop(chat: string | null): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("leave", chat, ack));
  }

  /** Passes sealed data to the partner, as `message` does. `ok` means that the server took it, not that it arrived. */
  signal(chat: string, data: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("signal", chat, data, ack));
  }

  message(chat: string, data: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("message", chat, data, ack));
  }

  typing(chat: string, on: boolean): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("typing", chat, on, ack));
  }

  /** Reports the partner of the current chat, or of the last one within 60 s after its end. */
  report(chat: string, reason: ReportReason): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("report", chat, reason, ack));
  }

  /** Asks to meet the partner of a chat that is over. */
  again(chat: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("again", chat, ack));
  }

  /** Fresh ICE servers for a call that has to restart. */
  ice(): Promise<IceOk | Refused> {
    return this.ask<IceOk | Refusal>((socket, ack) => socket.emit("ice", ack));
  }

  private ask<A extends Plain | IceOk>(
    emit: (socket: Typed, ack: (reply: A) => void) => void,
  ): Promise<A | Refused> {
    const { link } = this;
    const between = this.moves?.isBetween === true;
    if (!between && link?.isUp !== true) return Promise.resolve(NOT_CONNECTED);
    return new Promise((resolve) => {
      const settle = (reply: A | Refused) => {
        clearTimeout(timer);
        this.unanswered.delete(question);
        resolve(reply);
      };
      const question: Question = { send: (socket) => emit(socket, settle), refuse: () => settle(NOT_CONNECTED) };
      const timer = setTimeout(question.refuse, ANSWER_TIMEOUT_MS);
      this.unanswered.add(question);
      if (!between) link?.send(question.send);
    });
  }

  // --- what moves need (moves.ts)

  newLink(): Link {
    return new Link(this.token, this.transports, this.owner);
  }

  refuseAll(): void {
    // socket.io never calls the acknowledgements of a lost connection.
    for (const { refuse } of this.unanswered) refuse();
  }

  welcome(args: WelcomeArgs, moved: boolean): void {
    this.token = args.resume;
    this.attempt = 0;
    this.events.welcome(args, moved);
  }

  private failed({ code, retryAfterS, pause }: Why): void {
    this.moves?.stop();
    this.link = null;
    this.refuseAll();
    if (code === "version") return this.events.trouble({ kind: "outdated" });
    const retryInMs = retryDelayMs(this.attempt++, Math.random(), pause === null ? retryAfterS : (retryAfterS ?? PAUSED_RETRY_S));
    this.retry = setTimeout(() => this.connect(), retryInMs);
    this.events.trouble({ kind: "lost", retryInMs, code, ...(pause !== null && { pause }) });
  }
}
