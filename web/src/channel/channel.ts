// All that goes to the partner of one chat goes through `send`, and all that comes from them through `receive`, so that
// sealing can be put between the lanes and the link without touching a caller.

import { decodeEnvelope, encodeEnvelope, type Bodies, type Content, type Kind, type Receipt } from "./envelope.ts";
import { IncomingLane, OutgoingLane, type Item } from "./lane.ts";
import type { Answer, Refused } from "./link.ts";

type Event = "message" | "signal";
type Numbered = Exclude<Kind, "receipt">;

const RETRY_S = 1; // for a refusal that does not say when
const RECEIPT_DELAY_MS = 250; // one receipt for a burst
const RECEIPT_EVERY = 16; // signals kept by the partner until told
const WILL_PASS = new Set<Refused["code"]>(["link", "partner_away", "rate_limited", "draining"]);

export type Delivery = "sent" | "delivered" | { readonly failed: Refused["code"] };

/** The part of a link that a channel needs. */
export interface Relay {
  signal(chat: string, data: string): Promise<Answer>;
  message(chat: string, data: string): Promise<Answer>;
}

export interface ChannelEvents {
  received(content: Content, n: number): void;
  textChanged(n: number, delivery: Delivery): void;
}

export class Channel {
  private readonly outgoing = { message: new OutgoingLane(), signal: new OutgoingLane() };
  private readonly incoming = { message: new IncomingLane(), signal: new IncomingLane() };
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly hushed = { message: false, signal: false };
  private receiptDue = false;
  private open = true;
  private closed = false;

  constructor(
    readonly chat: string,
    private readonly relay: Relay,
    private readonly events: ChannelEvents,
    private readonly limits: { readonly message: number; readonly signal: number },
  ) {}

  /** Returns the number of the item in its lane, or null if it can never be sent. */
  send<K extends Numbered>(kind: K, body: Bodies[K]): number | null {
    if (this.closed) return null;
    const event: Event = kind === "text" ? "message" : "signal";
    const encode = (n: number) => encodeEnvelope({ kind, body, n } as Content & { n: number });
    if (bytes(encode(Number.MAX_SAFE_INTEGER)) > this.limits[event]) return null;
    const n = this.outgoing[event].push(encode);
    this.pump(event);
    return n;
  }

  receive(event: Event, data: string): void {
    if (this.closed) return;
    const envelope = decodeEnvelope(data);
    if (envelope === null) return;
    if (envelope.kind === "receipt") return this.confirmed(envelope.body);
    if (envelope.n === null || !travelsAs(envelope.kind, event)) return;
    const lane = this.incoming[event];
    const arrival = lane.accept(envelope.n);
    if (arrival === "next") {
      if (event === "message" || lane.next % RECEIPT_EVERY === 0) this.receiptSoon();
      this.events.received(envelope, envelope.n);
    } else if (arrival === "gap" && lane.shouldAsk()) void this.sendReceipt(true);
  }

  /** The link or the partner is gone for now: texts wait. */
  pause(): void {
    this.open = false;
  }

  /** Both are here again: say what arrived, and send again what nobody confirmed taking. */
  resume(): void {
    if (this.closed) return;
    this.open = true;
    void this.sendReceipt(true);
    for (const event of ["message", "signal"] as const) {
      this.outgoing[event].rewindToUntaken();
      this.pump(event);
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private pump(event: Event): void {
    if (!this.open || this.closed || this.hushed[event]) return;
    const lane = this.outgoing[event];
    for (let item = lane.take(); item !== null; item = lane.take()) void this.emit(event, item);
  }

  private async emit(event: Event, item: Item): Promise<void> {
    const lane = this.outgoing[event];
    const { epoch } = lane;
    const answer = await this.relay[event](this.chat, item.data);
    if (this.closed) return;
    if (answer.ok) return this.taken(event, item.n);
    if (epoch !== lane.epoch) return;
    if (WILL_PASS.has(answer.code)) this.holdBack(event, item.n, answer);
    else this.giveUp(event, item.n, answer.code);
  }

  private taken(event: Event, n: number): void {
    this.outgoing[event].taken(n);
    if (event === "message") this.events.textChanged(n, "sent");
  }

  private holdBack(event: Event, n: number, refused: Refused): void {
    this.outgoing[event].rewind(n);
    if (!this.open) return; // resume() comes
    this.hush(event, refused.retry_after_s ?? RETRY_S);
  }

  private giveUp(event: Event, n: number, code: Refused["code"]): void {
    if (event === "message") this.events.textChanged(n, { failed: code });
    if (code === "chat_over") return; // `ended` is on its way
    this.outgoing[event].replace(n, encodeEnvelope({ kind: "void", body: {}, n }));
    this.outgoing[event].rewind(n);
    this.hush(event, RETRY_S); // a void refused as well would go round for ever at full speed
  }

  private hush(event: Event, seconds: number): void {
    this.hushed[event] = true;
    this.after(seconds * 1000, () => {
      this.hushed[event] = false;
      this.pump(event);
    });
  }

  private confirmed({ message, signal, again }: Receipt): void {
    for (const n of this.outgoing.message.confirm(message)) this.events.textChanged(n, "delivered");
    this.outgoing.signal.confirm(signal);
    if (!again) return;
    this.outgoing.message.rewind(message);
    this.outgoing.signal.rewind(signal);
    this.pump("message");
    this.pump("signal");
  }

  private receiptSoon(): void {
    if (this.receiptDue) return;
    this.receiptDue = true;
    this.after(RECEIPT_DELAY_MS, () => {
      this.receiptDue = false;
      void this.sendReceipt(false);
    });
  }

  private async sendReceipt(again: boolean): Promise<void> {
    if (!this.open) return;
    const body = { message: this.incoming.message.next, signal: this.incoming.signal.next, again };
    const answer = await this.relay.signal(this.chat, encodeEnvelope({ kind: "receipt", body, n: null }));
    if (answer.ok || answer.code !== "rate_limited" || this.closed) return;
    this.after((answer.retry_after_s ?? RETRY_S) * 1000, () => void this.sendReceipt(again));
  }

  private after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }
}

function travelsAs(kind: Kind, event: Event): boolean {
  return kind === "void" || (kind === "text") === (event === "message");
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
