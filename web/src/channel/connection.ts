// The connection to the server (docs/protocol.md): it is made, kept and resumed here. It has no buffer, but for the
// moment between two links of a move. What cannot be sent now is refused with `not_connected`, and whoever asked decides
// what to do when `welcome` comes.

import type { Code, Criteria, IceOk, Ok, Pause, Refusal, ReportReason, WelcomeArgs } from "../contract.ts";
import { Link, type LinkOwner, type RelayedEvents, type Typed, UNTOLD, type Why } from "./link.ts";
import { retryDelayMs } from "./retry.ts";
import { Transports } from "./transports.ts";

const ANSWER_TIMEOUT_MS = 10_000; // longer than any round trip on a connection that the heartbeat keeps alive
const PAUSED_RETRY_S = 300; // to a server that keeps our address out; arbitrary. The visitor can always try at once.
const STALE_MS = 2_000; // an attempt without an answer may have begun while the network was away
const MOVE_MAX_S = 60; // the longest delay that is accepted from a server's `moving`
const LAST_WORDS_MS = 1_000; // for the old link to close after the new `welcome`: longer than a round trip
const QUIET_MS = 3_000; // for the new `welcome` after the old link has closed: servers look for our place for 2 s at most

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

/** What the visitor asks. It can be sent over another link as long as it has no reply. */
interface Question {
  readonly send: (socket: Typed) => void;
  readonly refuse: () => void;
}

const NOT_CONNECTED: Refused = { ok: false, code: "not_connected", message: "not connected" };

/** One visitor's connection, over all its links. The events of an abandoned link are ignored. */
export class Connection {
  private link: Link | null = null;
  private next: Link | null = null; // of a move: it takes the place of `link`
  private early: (() => void)[] = []; // heard over `next`: what `link` still says comes before
  private hasPlace = false; // `next` has kept our place, by its `welcome`
  private patience: ReturnType<typeof setTimeout> | undefined;
  private token: string | null = null; // for a resume; in memory only, so that a closed page leaves nothing
  private attempt = 0;
  private readonly transports = new Transports();
  private readonly unanswered = new Set<Question>(); // in the order in which they were asked
  private retry: ReturnType<typeof setTimeout> | undefined;
  private movesAt = Infinity; // when a move is planned
  private readonly owner: LinkOwner;

  constructor(private readonly events: ConnectionEvents) {
    this.owner = {
      events,
      welcomed: (link, args) => this.welcomed(link, args),
      heard: (link, deliver) => void (link === this.next ? this.early.push(deliver) : deliver()),
      moving: (link, withinS) => (link === this.next ? this.early.push(() => this.planMove(withinS)) : this.planMove(withinS)),
      refused: (link, why) => this.refused(link, why),
      lost: (link) => this.lost(link),
    };
  }

  /** Connects now, unless there is a connection or an attempt. A planned attempt is cancelled. */
  connect(): void {
    if (this.link !== null || this.next !== null) return;
    clearTimeout(this.retry);
    this.events.connecting();
    this.link = this.newLink();
  }

  /** Tries at once: cancels a planned wait, and an attempt that has long had no answer. A connection stays. */
  hurry(): void {
    if (this.link?.welcomed === true) return;
    const attempt = this.link ?? this.next;
    if (attempt !== null && attempt.age > STALE_MS) {
      if (attempt === this.next) this.giveUpMove();
      attempt.drop();
      this.link = null;
    }
    this.connect();
  }

  /** Ends the session for good, with a DISCONNECT over each link: we may not know which has it. Called when the page closes. */
  leave(): void {
    this.stopWaiting();
    this.token = null;
    for (const link of [this.link, this.next]) link?.leave();
    [this.link, this.next, this.early] = [null, null, []];
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
    const between = this.isBetween;
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

  private newLink(): Link {
    return new Link(this.token, this.transports, this.owner);
  }

  private refuseAll(): void {
    // socket.io never calls the acknowledgements of a lost connection.
    for (const { refuse } of this.unanswered) refuse();
  }

  private stopWaiting(): void {
    clearTimeout(this.retry);
    clearTimeout(this.patience);
    this.movesAt = Infinity;
  }

  // --- from the links

  private welcomed(link: Link, args: WelcomeArgs): void {
    if (link !== this.next) return this.welcome(args, false);
    this.hasPlace = args.resumed !== null;
    this.early = [() => this.welcome(args, args.resumed !== null)];
    clearTimeout(this.patience);
    // What the server wrote to the old link before may still be under way.
    if (this.link === null) this.switch();
    else this.patience = setTimeout(() => this.switch(), LAST_WORDS_MS);
  }

  private welcome(args: WelcomeArgs, moved: boolean): void {
    this.token = args.resume;
    this.attempt = 0;
    this.events.welcome(args, moved);
  }

  private refused(link: Link, why: Why): void {
    if (link !== this.next) return this.failed(why);
    this.next = null;
    if (this.link === null) this.failed(why);
    else if (why.code !== "version" && why.pause === null) this.planMoveIn(retryDelayMs(this.attempt++, Math.random(), why.retryAfterS));
  }

  private lost(link: Link): void {
    if (link === this.link && this.next !== null) return this.leftBehind(this.next);
    this.switch();
    if (link !== this.link) return; // the visitor has left
    this.attempt = 0;
    this.failed(UNTOLD);
  }

  private failed({ code, retryAfterS, pause }: Why): void {
    this.stopWaiting();
    this.link = null;
    this.refuseAll();
    if (code === "version") return this.events.trouble({ kind: "outdated" });
    const retryInMs = retryDelayMs(this.attempt++, Math.random(), pause === null ? retryAfterS : (retryAfterS ?? PAUSED_RETRY_S));
    this.retry = setTimeout(() => this.connect(), retryInMs);
    this.events.trouble({ kind: "lost", retryInMs, code, ...(pause !== null && { pause }) });
  }

  // --- a move (docs/protocol.md, "Moving, for clients")

  /** Plans a move to another process, because this one will close in `withinS`. The earliest plan counts. */
  private planMove(withinS: number): void {
    if (this.next === null) this.planMoveIn(Math.random() * Math.min(Math.max(withinS, 0), MOVE_MAX_S) * 1000);
  }

  private planMoveIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.movesAt) return;
    this.movesAt = at;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.move(), ms);
  }

  /** Opens a second link. The first one is heard and asked until the second has our place. */
  private move(): void {
    this.movesAt = Infinity;
    this.hasPlace = false;
    this.next = this.newLink();
  }

  /** Whether our place goes over from one link to the next at this moment. What is asked waits. */
  private get isBetween(): boolean {
    return this.next !== null && (this.link === null || this.next.welcomed);
  }

  /** The first link has ended, as it does when our place goes over to the second one. */
  private leftBehind(next: Link): void {
    if (next.welcomed) return this.switch();
    this.link = null;
    this.attempt = 0;
    this.patience = setTimeout(() => this.giveUpMove(), QUIET_MS);
  }

  /**
   * Goes over to the second link, if there is one that is welcome. If we kept our place, the server has heard none of
   * what it has not answered, so that is asked again.
   */
  private switch(): void {
    const { link: old, next, early } = this;
    if (next?.welcomed !== true) return;
    clearTimeout(this.patience);
    [this.link, this.next, this.early] = [next, null, []];
    if (this.hasPlace) {
      old?.drop();
      if (next.isUp) for (const { send } of this.unanswered) next.send(send);
    } else {
      old?.leave();
      this.refuseAll();
    }
    for (const deliver of early) if (this.link === next) guarded(deliver);
  }

  /** The second link takes too long. From now on it is an attempt to reconnect, as after any break. */
  private giveUpMove(): void {
    clearTimeout(this.patience);
    [this.link, this.next] = [this.next, null];
    this.refuseAll();
    this.events.trouble({ kind: "lost", retryInMs: 0, code: null });
    this.events.connecting();
  }
}

/** A listener that throws must not keep the others from their events: the browser's console gets its error. */
function guarded(deliver: () => void): void {
  try {
    deliver();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
