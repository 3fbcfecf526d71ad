// One link to the server: an attempt to connect, and what becomes of it. It is a socket of socket.io, and another one
// for long-polling if the first shows no sign of life. After its end nothing of it is heard.

import { io, type Socket } from "socket.io-client";

import {
  PROTOCOL_VERSION,
  type Code,
  type ConnectErrorData,
  type Pause,
  type ServerEvents,
  type VisitorEvents,
  type WelcomeArgs,
} from "../contract.ts";
import { socketPath } from "../place.ts";
import { pauseOf } from "./refusal.ts";
import { LOOKING_MS, SILENCE_MS, type TransportName, type Transports } from "./transports.ts";

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

export type Typed = Socket<ServerEvents, VisitorEvents>;
/** The server's events that pass through unchanged. */
export type Relayed = Exclude<keyof ServerEvents, "welcome" | "moving">;
/** Where the server's events go. */
export type RelayedEvents = { readonly [E in Relayed]: ServerEvents[E] };

const RELAYED = ["online", "searching", "matched", "signal", "message", "typing", "partner", "ended", "paused", "failed"] as const;

/** Why an attempt failed, or a link broke, as far as the server said so. */
export interface Why {
  readonly code: Code | null;
  readonly retryAfterS: number | null;
  readonly pause: Pause | null;
}
const UNTOLD: Why = { code: null, retryAfterS: null, pause: null };

/** What the visitor asks. It can be sent over another link as long as it has no reply. */
export interface Question {
  readonly send: (socket: Typed) => void;
  readonly refuse: () => void;
}

/** What a link reports, `welcome` first. */
export interface LinkOwner {
  readonly events: RelayedEvents;
  welcomed(link: Link, args: WelcomeArgs): void;
  /** `deliver` gives an event to `events`. */
  heard(link: Link, deliver: () => void): void;
  /** The server's process will close. */
  moving(link: Link, args: unknown): void;
  /** The attempt failed, or the link broke. */
  ended(link: Link, why: Why): void;
}

export class Link {
  welcomed = false;
  private socket: Typed;
  private over = false;
  private begunAt = 0; // of the present socket, milliseconds
  private silence: ReturnType<typeof setTimeout> | undefined;

  /** `token` takes our place in a session; null: a new session. */
  constructor(
    private readonly token: string | null,
    private readonly transports: Transports,
    private readonly owner: LinkOwner,
  ) {
    this.socket = this.open();
  }

  /** Whether events can be sent. */
  get isUp(): boolean {
    return this.welcomed && !this.over && this.socket.connected;
  }

  /** Milliseconds since the attempt by the present transport began. */
  get age(): number {
    return performance.now() - this.begunAt;
  }

  /** Sends an event at once. */
  send(emit: (socket: Typed) => void): void {
    emit(this.socket);
  }

  /** Closes the connection without a word, so that the session can go on over another one. */
  drop(): void {
    this.mute();
    this.socket.io.engine?.close();
  }

  /** Ends the session by DISCONNECT. */
  leave(): void {
    this.mute();
    this.socket.disconnect();
  }

  /** From now on nothing is heard of it. */
  mute(): void {
    this.over = true;
    clearTimeout(this.silence);
  }

  private open(): Typed {
    this.begunAt = performance.now();
    const socket: Typed = io({
      path: socketPath(),
      transports: this.transports.order,
      tryAllTransports: true,
      forceNew: true,
      reconnection: false, // done by Connection: the page shows each attempt, and each needs the newest token
      auth: { v: PROTOCOL_VERSION, ...(this.token !== null && { resume: this.token }) },
    });
    this.listen(socket);
    this.listenForLife(socket);
    return socket;
  }

  /** The handshake is a first sign of life, `welcome` the next. For a token the server may have to ask others. */
  private listenForLife(socket: Typed): void {
    const wait = (ms: number) => {
      if (this.over || this.welcomed || socket !== (this.socket ?? socket)) return;
      clearTimeout(this.silence);
      this.silence = setTimeout(() => this.fallBack(socket), ms);
    };
    socket.io.on("open", () => wait(this.token === null ? SILENCE_MS : SILENCE_MS + LOOKING_MS));
    wait(SILENCE_MS);
  }

  /** Gives up a silent WebSocket for long-polling. socket.io itself does so only after an error. */
  private fallBack(socket: Typed): void {
    if (transportOf(socket) === "polling") return;
    this.transports.isSilent();
    this.socket = this.open();
    socket.io.engine?.close();
  }

  private listen(socket: Typed): void {
    const ours = () => !this.over && socket === this.socket;
    socket.on("welcome", (args) => ours() && this.welcome(socket, args));
    socket.on("moving", (args) => ours() && this.owner.moving(this, args));
    socket.on("connect_error", (error) => ours() && this.fail(whyOf(error)));
    socket.on("disconnect", () => ours() && this.fail(UNTOLD));
    for (const event of RELAYED) this.pass(socket, event);
  }

  private pass<E extends Relayed>(socket: Typed, event: E): void {
    // TypeScript cannot match socket.io's listener type for a generic event name, though it is the same function.
    const relay = (...args: unknown[]) => {
      if (!this.over && socket === this.socket) this.owner.heard(this, () => (this.owner.events[event] as (...args: unknown[]) => void)(...args));
    };
    (socket as unknown as Socket).on(event as string, relay);
  }

  private welcome(socket: Typed, args: WelcomeArgs): void {
    this.welcomed = true;
    clearTimeout(this.silence);
    this.transports.works(transportOf(socket));
    socket.io.engine?.on("upgrade", () => this.transports.works("websocket"));
    this.owner.welcomed(this, args);
  }

  private fail(why: Why): void {
    this.drop();
    if (!this.welcomed) this.transports.failed();
    this.owner.ended(this, why);
  }
}

function transportOf(socket: Typed): TransportName {
  return socket.io.engine?.transport?.name === "polling" ? "polling" : "websocket";
}

function whyOf(error: ConnectionError): Why {
  const { code = null, retry_after_s: retryAfterS = null } = error.data ?? whyNot(error.context?.responseText);
  return { code, retryAfterS, pause: pauseOf(error.data ?? {}) };
}

/** The reason in the JSON body of a refused HTTP request. Any other body, such as a proxy's page, gives no reason. */
function whyNot(text: unknown): Partial<ConnectErrorData> {
  const found = typeof text === "string" ? /"reason":"([a-z_]+)"/.exec(text)?.[1] : undefined;
  return found !== undefined && REFUSALS.includes(found) ? { code: found as Code } : {};
}
