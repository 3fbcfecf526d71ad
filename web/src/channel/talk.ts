// Drives the sealed channel of one chat (seal/channel.ts), from `matched` to its end, with a clock, WebCrypto and the
// connection.

import type { Bytes } from "../seal/bytes.ts";
import { Channel } from "../seal/channel.ts";
import type { Content } from "../seal/content.ts";
import type { Lane, RelayEvent } from "../seal/frame.ts";
import { agree, type Keys } from "../seal/handshake.ts";
import type { Output } from "../seal/outputs.ts";
import type { ChannelEvents, Relay, Terms } from "./terms.ts";

const STEP_MS = 1_000; // a longer step means that the page slept: the rest does not count, since nothing could arrive

/** The driver of one chat. It does what the channel puts out and reports to `events`. */
export class Talk {
  private readonly channel: Channel;
  private keys: Keys | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private elapsedMs = 0;
  private lookedAt: number;
  private state: "new" | "idle" | "driving" | "closed" = "new";

  /** Sends nothing before `start`. */
  constructor(
    private readonly terms: Terms,
    private readonly relay: Relay,
    private readonly events: ChannelEvents,
  ) {
    const { offer, commit, nextCommit, limits, pace } = terms;
    this.lookedAt = terms.now();
    this.channel = new Channel({ hello: offer.hello, committed: commit !== null, nextCommit, limits, pace }, 0);
  }

  /** Lets the handshake begin. Called once. */
  start(): void {
    if (this.state === "new") this.state = "idle";
    this.drive();
  }

  /** Sends a content as soon as possible. Returns its number in its lane, or null if it can never be sent. */
  send(content: Content): number | null {
    const n = this.channel.send(content, this.now());
    this.drive();
    return n;
  }

  /** Takes what the relay passed on. It may be anything: what does not fit ends the chat and throws nothing. */
  receive(event: RelayEvent, data: string): void {
    this.tell((now) => this.channel.receive(event, data, now));
  }

  /** Called when our connection is lost or the partner is away. What is written waits, and no deadline runs. */
  pause(): void {
    this.tell((now) => this.channel.pause(now));
  }

  /** Called when both are here again. What nobody confirmed is sent again. */
  resume(): void {
    this.tell((now) => this.channel.resume(now));
  }

  /** Ends the chat and forgets its keys and texts. No event follows. */
  close(): void {
    this.state = "closed";
    this.keys = null;
    this.channel.close();
    clearTimeout(this.timer);
  }

  /** Milliseconds of the channel's clock, in which no step is longer than STEP_MS. */
  private now(): number {
    const now = this.terms.now();
    this.elapsedMs += Math.min(now - this.lookedAt, STEP_MS);
    this.lookedAt = now;
    return this.elapsedMs;
  }

  private tell(what: (now: number) => void): void {
    what(this.now());
    this.drive();
  }

  /** Does what the channel put out, in order, then sets the timer for its wake. A call from within does nothing. */
  private drive(): void {
    if (this.state !== "idle") return;
    this.state = "driving";
    for (let outputs = this.channel.outputs(); outputs.length > 0; outputs = this.channel.outputs())
      for (const output of outputs) if (!this.isClosed()) this.attempt(output);
    if (!this.isClosed()) this.rest();
  }

  private isClosed(): boolean {
    return this.state === "closed";
  }

  /** A listener that throws, such as a call's, must not stop the channel: the browser's console gets its error. */
  private attempt(output: Output): void {
    try {
      this.carryOut(output);
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  }

  private rest(): void {
    this.state = "idle";
    clearTimeout(this.timer);
    const { wakesAt } = this.channel;
    if (wakesAt === null) return;
    const waitMs = Math.min(Math.max(Math.ceil(wakesAt - this.elapsedMs), 0), STEP_MS);
    this.timer = setTimeout(() => this.tell((now) => this.channel.wake(now)), waitMs);
  }

  private carryOut(output: Output): void {
    switch (output.name) {
      case "agree":
        return void this.agree(output.hello);
      case "seal":
        return void this.seal(output.lane, output.n, output.content);
      case "open":
        return void this.open(output.lane, output.n, output.body);
      case "emit":
        return void this.emit(output.event, output.data, output.token);
      case "ready":
        return this.events.sealed(output.emoji, output.commit);
      case "received":
        return this.events.received(output.content, output.n);
      case "delivery":
        return this.events.textChanged(output.n, output.state);
      case "fault":
        this.close();
        return this.events.fault(output.fault);
    }
  }

  private async agree(hello: Bytes): Promise<void> {
    const { offer, commit, chat, polite } = this.terms;
    const keys = await agree(offer, commit ?? "", hello, { chat, polite }).catch(() => null);
    if (this.isClosed()) return;
    this.keys = keys;
    this.tell((now) => this.channel.agreed(keys?.emoji ?? null, now));
  }

  private async seal(lane: Lane, n: number, content: Bytes): Promise<void> {
    const body = await this.keys?.seal(lane, n, content);
    if (body !== undefined) this.tell((now) => this.channel.sealed(lane, n, body, now));
  }

  private async open(lane: Lane, n: number, body: Bytes): Promise<void> {
    const content = (await this.keys?.open(lane, n, body).catch(() => null)) ?? null;
    this.tell((now) => this.channel.opened(content, now));
  }

  private async emit(event: RelayEvent, data: string, token: number): Promise<void> {
    const reply = await this.relay[event](this.terms.chat, data);
    const { code, retry_after_s } = reply.ok ? { code: null } : reply;
    this.tell((now) => this.channel.answered(token, code, retry_after_s ?? null, now));
  }
}
