// The connection to the server (docs/protocol.md): it is made, kept and resumed here. It has no buffer. What cannot be
// sent now is refused with `not_connected`, and whoever asked decides what to do when `welcome` comes.

import { io, type Socket } from "socket.io-client";

import {
  PROTOCOL_VERSION,
  type Code,
  type ConnectErrorData,
  type Criteria,
  type IceOk,
  type Ok,
  type Pause,
  type Refusal,
  type ReportReason,
  type ServerEvents,
  type VisitorEvents,
  type WelcomeArgs,
} from "../contract.ts";
import { socketPath } from "../place.ts";
import { pauseOf } from "./refusal.ts";
import { retryDelayMs } from "./retry.ts";
import { SILENCE_MS, type TransportName, Transports } from "./transports.ts";

/**
 * Why a connection failed. If our server refused it, `data` says why. If the HTTP request before it was refused, the
 * reason is in the body of that response.
 */
interface ConnectionError extends Error {
  readonly data?: ConnectErrorData;
  readonly context?: { readonly responseText?: unknown };
}

/** The reasons that the body of a refused HTTP request can hold. */
const REFUSALS: readonly string[] = ["full", "rate_limited", "draining"] satisfies Code[];

const ANSWER_TIMEOUT_MS = 10_000; // longer than any round trip on a connection that the heartbeat keeps alive
const PAUSED_RETRY_S = 300; // to a server that keeps our address out; arbitrary. The visitor can always try at once.
const STALE_MS = 2_000; // an attempt without an answer may have begun while the network was away
const RECONNECTS_OVERLAP_MS = 5_000; // how long we keep the old connection after `moving`

/** A refusal by the server, or our own `not_connected`: there is no connection, or no reply came in time. */
export type Refused = Omit<Refusal, "code"> & { readonly code: Code | "not_connected" };
/** The server's acknowledgement of an event, or our own refusal in its place. */
export type Reply = Ok | Refused;
type Plain = Ok | Refusal;
type Typed = Socket<ServerEvents, VisitorEvents>;

/**
 * Why there is no connection. `lost`: the next attempt is `retryInMs` away; `code` is the server's reason, or null if
 * it gave none; with `paused` there is a `pause`, too. `outdated`: the server speaks another version, so there is no next attempt.
 */
export type Trouble =
  | { readonly kind: "lost"; readonly retryInMs: number; readonly code: Code | null; readonly pause?: Pause }
  | { readonly kind: "outdated" };

/** The server's events that pass through unchanged. */
export type Relayed = Exclude<keyof ServerEvents, "welcome" | "moving">;
/** What a connection reports: the server's events, and its own state. */
export type ConnectionEvents = { readonly [E in Relayed]: ServerEvents[E] } & {
  welcome(args: WelcomeArgs): void;
  /** An attempt begins. */
  connecting(): void;
  trouble(trouble: Trouble): void;
};

const NOT_CONNECTED: Refused = { ok: false, code: "not_connected", message: "not connected" };
const RELAYED = ["online", "searching", "matched", "signal", "message", "typing", "partner", "ended", "paused", "failed"] as const;

/** One visitor's connection, over all its attempts. The events of an abandoned attempt are ignored. */
export class Connection {
  private socket: Typed | null = null;
  private welcomed = false;
  private token: string | null = null; // for a resume; in memory only, so that a closed page leaves nothing
  private attempt = 0;
  private readonly transports = new Transports();
  private silence: ReturnType<typeof setTimeout> | undefined;
  private begunAt = 0; // of the present attempt, milliseconds
  private readonly unanswered = new Set<(reply: Refused) => void>();
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: ConnectionEvents) {}

  /** Connects now, unless there is a connection or an attempt. A planned attempt is cancelled. */
  connect(): void {
    clearTimeout(this.retry);
    if (this.socket !== null) return;
    this.events.connecting();
    this.open();
  }

  /** Tries at once: cancels a planned wait, and an attempt that has long had no answer. A connection stays. */
  hurry(): void {
    if (this.welcomed) return;
    if (this.socket !== null && performance.now() - this.begunAt > STALE_MS) this.drop()?.io.engine?.close();
    this.connect();
  }

  /** Ends the session for good, with a DISCONNECT. Called when the page closes. */
  leave(): void {
    clearTimeout(this.retry);
    this.token = null;
    this.drop()?.disconnect();
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
    const { socket } = this;
    if (socket === null || !this.welcomed || !socket.connected) return Promise.resolve(NOT_CONNECTED);
    return new Promise((resolve) => {
      const settle = (reply: A | Refused) => {
        clearTimeout(timer);
        this.unanswered.delete(settle);
        resolve(reply);
      };
      const timer = setTimeout(() => settle(NOT_CONNECTED), ANSWER_TIMEOUT_MS);
      this.unanswered.add(settle);
      emit(socket, settle);
    });
  }

  private open(): void {
    const socket: Typed = io({
      path: socketPath(),
      transports: this.transports.order,
      tryAllTransports: true,
      forceNew: true,
      reconnection: false, // done by `lost`: the page shows each attempt, and each needs the newest token
      auth: { v: PROTOCOL_VERSION, ...(this.token !== null && { resume: this.token }) },
    });
    this.socket = socket;
    this.welcomed = false;
    this.begunAt = performance.now();
    this.listen(socket);
    this.listenForLife(socket);
  }

  /** The handshake is a first sign of life, `welcome` the next. */
  private listenForLife(socket: Typed): void {
    const wait = () => {
      if (socket !== this.socket || this.welcomed) return;
      clearTimeout(this.silence);
      this.silence = setTimeout(() => this.fallBack(socket), SILENCE_MS);
    };
    socket.io.on("open", wait);
    wait();
  }

  /** Gives up a silent WebSocket for long-polling. socket.io itself does so only after an error. */
  private fallBack(socket: Typed): void {
    if (socket !== this.socket || this.welcomed || transportOf(socket) === "polling") return;
    this.transports.isSilent();
    this.drop()?.io.engine?.close();
    this.open();
  }

  private listen(socket: Typed): void {
    const ours = () => socket === this.socket;
    socket.on("welcome", (args) => ours() && this.welcome(socket, args));
    socket.on("moving", ({ after_s }) => ours() && this.move(after_s));
    socket.on("connect_error", (error) => ours() && this.refused(error));
    socket.on("disconnect", () => ours() && this.lost(null, null));
    for (const event of RELAYED) this.pass(socket, event);
  }

  private pass<E extends Relayed>(socket: Typed, event: E): void {
    // TypeScript cannot match socket.io's listener type for a generic event name, though it is the same function.
    const relay = (...args: unknown[]) => {
      if (socket === this.socket) (this.events[event] as (...args: unknown[]) => void)(...args);
    };
    (socket as unknown as Socket).on(event as string, relay);
  }

  private welcome(socket: Typed, args: WelcomeArgs): void {
    this.token = args.resume;
    this.attempt = 0;
    this.welcomed = true;
    clearTimeout(this.silence);
    this.transports.works(transportOf(socket));
    socket.io.engine?.on("upgrade", () => this.transports.works("websocket"));
    this.events.welcome(args);
  }

  private refused(error: ConnectionError): void {
    const { code = null, retry_after_s = null } = error.data ?? whyNot(error.context?.responseText);
    const pause = pauseOf(error.data ?? {});
    if (pause !== null) return this.lost(code, retry_after_s ?? PAUSED_RETRY_S, pause);
    if (code !== "version") return this.lost(code, retry_after_s);
    this.drop()?.disconnect();
    this.events.trouble({ kind: "outdated" });
  }

  private lost(code: Code | null, retryAfterS: number | null, pause: Pause | null = null): void {
    if (!this.welcomed) this.transports.failed();
    this.drop()?.io.engine?.close();
    const retryInMs = retryDelayMs(this.attempt++, Math.random(), retryAfterS);
    this.retry = setTimeout(() => this.connect(), retryInMs);
    this.events.trouble({ kind: "lost", retryInMs, code, ...(pause !== null && { pause }) });
  }

  /**
   * After `moving`: a second connection takes the session over with the token, at a random time within `afterS`. The
   * server then closes the first, whose events we no longer listen to.
   */
  private move(afterS: number): void {
    const leaving = this.socket;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (leaving === null || leaving !== this.socket) return;
      this.drop();
      setTimeout(() => leaving.io.engine?.close(), RECONNECTS_OVERLAP_MS);
      this.connect();
    }, Math.random() * afterS * 1000);
  }

  private drop(): Typed | null {
    const { socket } = this;
    this.socket = null;
    this.welcomed = false;
    clearTimeout(this.silence);
    // socket.io never calls the acknowledgements of a lost connection.
    for (const settle of this.unanswered) settle(NOT_CONNECTED);
    return socket;
  }
}

function transportOf(socket: Typed): TransportName {
  return socket.io.engine?.transport?.name === "polling" ? "polling" : "websocket";
}

/** The reason in the JSON body of a refused HTTP request. Any other body, such as a proxy's page, gives no reason. */
function whyNot(text: unknown): Partial<ConnectErrorData> {
  const found = typeof text === "string" ? /"reason":"([a-z_]+)"/.exec(text)?.[1] : undefined;
  return found !== undefined && REFUSALS.includes(found) ? { code: found as Code } : {};
}
