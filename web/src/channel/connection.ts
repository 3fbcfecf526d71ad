// The connection to the server: made, kept, resumed. It never buffers: what cannot be sent now is refused with `not_connected`,
// and whoever asked decides what to do when `welcome` comes.

import { io, type Socket } from "socket.io-client";

import {
  PROTOCOL_VERSION,
  type Code,
  type ConnectErrorData,
  type Criteria,
  type IceOk,
  type Ok,
  type Refusal,
  type ReportReason,
  type ServerEvents,
  type VisitorEvents,
  type WelcomeArgs,
} from "../contract.ts";
import { retryDelayMs } from "./retry.ts";

/** A refusal of ours comes as `data`; one of the HTTP request before it, as the reply's text. */
interface ConnectionError extends Error {
  readonly data?: ConnectErrorData;
  readonly context?: { readonly responseText?: unknown };
}

const REFUSALS: readonly string[] = ["full", "rate_limited", "draining"] satisfies Code[];

const ANSWER_TIMEOUT_MS = 10_000; // longer than a round trip on any connection that the heartbeat lets live
const RECONNECTS_OVERLAP_MS = 5_000; // how long the old connection may stand after a move

/** A refusal by the server, or ours: `not_connected` when there is no connection to ask through. */
export type Refused = Omit<Refusal, "code"> & { readonly code: Code | "not_connected" };
export type Reply = Ok | Refused;
type Plain = Ok | Refusal;
type Typed = Socket<ServerEvents, VisitorEvents>;

export type Trouble =
  | { readonly kind: "lost"; readonly retryInMs: number; readonly code: Code | null }
  | { readonly kind: "outdated" };

export type Relayed = Exclude<keyof ServerEvents, "welcome" | "moving">;
export type ConnectionEvents = { readonly [E in Relayed]: ServerEvents[E] } & {
  welcome(args: WelcomeArgs): void;
  connecting(): void;
  trouble(trouble: Trouble): void;
};

const NOT_CONNECTED: Refused = { ok: false, code: "not_connected", message: "not connected" };
const RELAYED = ["online", "searching", "matched", "signal", "message", "typing", "partner", "ended", "failed"] as const;

export class Connection {
  private socket: Typed | null = null;
  private welcomed = false;
  private token: string | null = null; // in memory only
  private attempt = 0;
  private readonly unanswered = new Set<(reply: Refused) => void>();
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: ConnectionEvents) {}

  /** Connect now, also when a later attempt is planned. */
  connect(): void {
    clearTimeout(this.retry);
    if (this.socket !== null) return;
    this.events.connecting();
    this.open();
  }

  /** End the session for good, with a DISCONNECT: the page is going. */
  leave(): void {
    clearTimeout(this.retry);
    this.token = null;
    this.drop()?.disconnect();
  }

  find(criteria: Criteria): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("find", criteria, ack));
  }

  stop(chat: string | null): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("leave", chat, ack));
  }

  signal(chat: string, data: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("signal", chat, data, ack));
  }

  message(chat: string, data: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("message", chat, data, ack));
  }

  typing(chat: string, on: boolean): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("typing", chat, on, ack));
  }

  report(chat: string, reason: ReportReason): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("report", chat, reason, ack));
  }

  again(chat: string): Promise<Reply> {
    return this.ask<Plain>((socket, ack) => socket.emit("again", chat, ack));
  }

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
      path: "/socket.io/",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      forceNew: true,
      reconnection: false, // the countdown shown and the token need to know each attempt: retryDelayMs
      auth: { v: PROTOCOL_VERSION, ...(this.token !== null && { resume: this.token }) },
    });
    this.socket = socket;
    this.welcomed = false;
    this.listen(socket);
  }

  private listen(socket: Typed): void {
    const ours = () => socket === this.socket;
    socket.on("welcome", (args) => ours() && this.welcome(args));
    socket.on("moving", ({ after_s }) => ours() && this.move(after_s));
    socket.on("connect_error", (error) => ours() && this.refused(error));
    socket.on("disconnect", () => ours() && this.lost(null, null));
    for (const event of RELAYED) this.pass(socket, event);
  }

  private pass<E extends Relayed>(socket: Typed, event: E): void {
    // The generic event name defeats socket.io's listener type, which is the very same function.
    const relay = (...args: unknown[]) => {
      if (socket === this.socket) (this.events[event] as (...args: unknown[]) => void)(...args);
    };
    (socket as unknown as Socket).on(event as string, relay);
  }

  private welcome(args: WelcomeArgs): void {
    this.token = args.resume;
    this.attempt = 0;
    this.welcomed = true;
    this.events.welcome(args);
  }

  private refused(error: ConnectionError): void {
    const { code = null, retry_after_s = null } = error.data ?? whyNot(error.context?.responseText);
    if (code !== "version") return this.lost(code, retry_after_s);
    this.drop()?.disconnect();
    this.events.trouble({ kind: "outdated" });
  }

  private lost(code: Code | null, retryAfterS: number | null): void {
    this.drop()?.io.engine?.close();
    const retryInMs = retryDelayMs(this.attempt++, Math.random(), retryAfterS);
    this.retry = setTimeout(() => this.connect(), retryInMs);
    this.events.trouble({ kind: "lost", retryInMs, code });
  }

  /** The token takes the session over on a second connection; the server closes the first, which then means nothing. */
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
    for (const settle of this.unanswered) settle(NOT_CONNECTED); // socket.io forgets acknowledgements of a lost link
    return socket;
  }
}

/** Reads the JSON of a refused request; anything else (a proxy's page, nothing at all) says nothing. */
function whyNot(text: unknown): Partial<ConnectErrorData> {
  const found = typeof text === "string" ? /"reason":"([a-z_]+)"/.exec(text)?.[1] : undefined;
  return found !== undefined && REFUSALS.includes(found) ? { code: found as Code } : {};
}
