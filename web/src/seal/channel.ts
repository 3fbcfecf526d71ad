// One sealed chat without I/O (docs/blind-relay.md). Its driver (channel/talk.ts) does what the outputs say, and tells
// what came and what was done. `now` is any clock in milliseconds that only goes forward. After every call, the driver
// takes `outputs()`, and calls `wake` at `wakesAt`. src/omefree/seal/channel.py is the same in Python, where sealing
// and opening are plain calls. Here they are outputs, since WebCrypto needs time.

import { SealError, toBase64url, type Bytes } from "./bytes.ts";
import { decodeContent, encodeContent, eventFor, type Content, type Receipt } from "./content.ts";
import { decodeFrame, encodeFrame, eventOf, sealedLength, type Frame, type Lane, type RelayEvent } from "./frame.ts";
import { Unopened } from "./unopened.ts";
import { IncomingLane, OutgoingLane, ReceiptLane } from "./lanes.ts";
import type { Opening, Output, SealFault } from "./outputs.ts";
import { Unanswered, type Sent } from "./unanswered.ts";

const HELLO_EVERY_MS = 2_000;
const READY_WITHIN_MS = 10_000;
const RECEIPT_EVERY_MS = 250; // so that a burst gets one receipt
const RETRY_S = 1; // after a refusal that does not say when
const EVENTS = ["signal", "message"] as const;

export class Channel {
  private outgoing = { signal: new OutgoingLane(), message: new OutgoingLane() };
  private incoming = { signal: new IncomingLane(), message: new IncomingLane() };
  private readonly receipts = new ReceiptLane();
  private receiptAt = -RECEIPT_EVERY_MS;
  private receipt: Sent | null = null; // the one that is being sealed
  private readonly hushedUntil = { signal: 0, message: 0 };
  private readonly unanswered = new Unanswered();
  private waiting: Output[] = [];
  private readonly hello: string;
  private partnerHello: string | null = null;
  private emoji: readonly number[] | null = null;
  private readonly unopened = new Unopened();
  private helloAt: number | null;
  private readyBy: number | null; // the deadline for the partner's `ready`; null once the chat is sealed
  private awayMs = 0;
  private pausedAt: number | null = null;
  private over = false;

  /** Starts the chat; our connection and the partner must be there. */
  constructor(
    private readonly terms: Opening,
    now: number,
  ) {
    this.hello = encodeFrame({ kind: "hello", n: 0, body: terms.hello });
    this.helloAt = now;
    this.readyBy = now + READY_WITHIN_MS;
    this.outgoing.signal.push(encodeContent({ name: "ready", value: { commit: terms.nextCommit } }));
    if (!terms.committed) this.fault("seal_failed");
    this.goOn(now);
  }

  // --- what the driver calls

  /** Takes a content to send. Returns its number in its lane, or null if it can never be sent. */
  send(content: Content, now: number): number | null {
    const event = eventFor(content);
    if (this.over || event === null) return null;
    const bytes = encodeContent(content);
    if (sealedLength(bytes.length) > this.terms.limits[`${event}_bytes`]) return null;
    const n = this.outgoing[event].push(bytes);
    this.goOn(this.clock(now));
    return n;
  }

  /** Takes what the relay passed on. It may be anything: what does not fit ends the chat and throws nothing. */
  receive(event: RelayEvent, data: string, now: number): void {
    this.guarded(now, () => {
      const frame = decodeFrame(data);
      if (eventOf(frame.kind) !== event) throw new SealError("a frame in the wrong event");
      this.unopened.push(frame);
    });
  }

  /** The driver has agreed on keys. `emoji` are four numbers below 64, or null if the hello did not fit. */
  agreed(emoji: readonly number[] | null, now: number): void {
    this.unopened.opened();
    this.guarded(now, () => {
      if (emoji === null) throw new SealError("no agreement");
      this.emoji = emoji;
      this.unopened.takeOut();
    });
  }

  /** The driver has sealed the content that this lane and number name. */
  sealed(lane: Lane, n: number, body: Bytes, now: number): void {
    if (this.over) return;
    const frame = encodeFrame({ kind: lane, n, body });
    if (lane === "receipt") this.emitReceipt(frame);
    else this.outgoing[lane].sealed(n, frame);
    this.goOn(this.clock(now));
  }

  /** The driver has opened a frame. `content` is null if the partner did not seal it. */
  opened(content: Bytes | null, now: number): void {
    const frame = this.unopened.opened();
    this.guarded(now, (clock) => {
      if (frame === null || content === null) throw new SealError("does not authenticate");
      this.accept(frame, content, clock);
    });
  }

  /** The server has replied to an emission. `code` says why it refused; null: it took it. */
  answered(token: number, code: string | null, retryAfterS: number | null, now: number): void {
    const sent = this.unanswered.take(token);
    if (sent === undefined || this.over) return;
    if (code === null) this.taken(sent);
    else if (code === "chat_over") this.pause(now); // `ended` is on its way
    else this.refused(sent, retryAfterS || RETRY_S, this.clock(now));
    this.goOn(this.clock(now));
  }

  /** Our connection is lost or the partner is away: no time passes, and what is written waits. */
  pause(now: number): void {
    this.pausedAt ??= now;
  }

  /** Both are here again: we send a receipt that asks, and send again what is not confirmed. */
  resume(now: number): void {
    if (this.over) return;
    this.awayMs += this.pausedAt === null ? 0 : now - this.pausedAt;
    this.pausedAt = null;
    const clock = this.clock(now);
    this.unanswered.clear();
    for (const event of EVENTS) {
      this.outgoing[event].resume();
      this.hushedUntil[event] = clock;
    }
    if (this.readyBy !== null) this.helloAt = clock;
    this.receipts.owe(clock, true);
    this.goOn(clock);
  }

  /** Does what is due by now. Called at `wakesAt`; too early or too often does no harm. */
  wake(now: number): void {
    this.goOn(this.clock(now));
  }

  /** Forgets all texts. No output follows. */
  close(): void {
    this.waiting = [];
    this.forget();
  }

  /** When to call `wake` if nothing else happens before; null: not at all. */
  get wakesAt(): number | null {
    if (this.over || this.pausedAt !== null) return null;
    const times = this.times().filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times) + this.awayMs;
  }

  /** The outputs since the last call, in the order in which to do them. */
  outputs(): Output[] {
    const taken = this.waiting;
    this.waiting = [];
    return taken;
  }

  // --- time

  /** The channel's own clock, which counts milliseconds only while both are here. */
  private clock(now: number): number {
    return (this.pausedAt ?? now) - this.awayMs;
  }

  /** The times at which something is due, by the channel's own clock. */
  private times(): (number | null)[] {
    const { hushedUntil, receipts } = this;
    const times = [this.readyBy, this.helloAt === null ? null : Math.max(this.helloAt, hushedUntil.signal)];
    if (receipts.dueAt !== null && this.mayReceipt()) times.push(Math.max(receipts.dueAt, hushedUntil.signal));
    for (const event of EVENTS) {
      const { askAt, gapAt } = this.incoming[event];
      times.push(askAt, gapAt, this.outgoing[event].resendAt);
      if (this.mayGo(event)) times.push(hushedUntil[event]);
    }
    return times;
  }

  /** Does all that is due. */
  private goOn(clock: number): void {
    if (this.over || this.pausedAt !== null) return;
    const isDue = (at: number | null) => at !== null && at <= clock;
    if (isDue(this.readyBy)) return this.fault("seal_failed");
    if (EVENTS.some((event) => isDue(this.incoming[event].gapAt))) return this.fault("seal_gap");
    for (const event of EVENTS) {
      this.outgoing[event].wake(clock);
      if (this.incoming[event].asks(clock)) this.receipts.owe(clock, true);
    }
    this.pump(clock);
  }

  /** Runs the step, looks at the frames that can be opened, and does all that is due. A SealError ends the chat. */
  private guarded(now: number, step: (clock: number) => void): void {
    if (this.over) return;
    const clock = this.clock(now);
    try {
      step(clock);
      for (let frame = this.unopened.next(); frame !== null; frame = this.unopened.next()) this.arrived(frame, clock);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      this.fault(this.readyBy === null ? "seal_broken" : "seal_failed");
    }
    this.goOn(clock);
  }

  // --- out

  /** Sends as much as the quotas allow. */
  private pump(clock: number): void {
    if (this.helloAt !== null && this.helloAt <= clock && this.mayEmit("signal", clock)) {
      this.helloAt = clock + HELLO_EVERY_MS;
      this.emit({ kind: "hello", n: 0, again: false }, this.hello);
    }
    if (this.emoji === null) return;
    for (const lane of EVENTS)
      for (const [n, content] of this.outgoing[lane].takeUnsealed()) this.waiting.push({ name: "seal", lane, n, content });
    this.pumpReceipt(clock);
    for (const event of EVENTS) this.pumpLane(event, clock);
  }

  private mayEmit(event: RelayEvent, clock: number): boolean {
    if (this.hushedUntil[event] > clock) return false;
    const waitMs = this.terms.pace[event].take();
    this.hushedUntil[event] = clock + waitMs;
    return waitMs === 0;
  }

  /** Whether a lane may send. The signal lane goes first, since `ready` must be the first content. */
  private mayGo(event: RelayEvent): boolean {
    return this.outgoing[event].hasNext() && (event === "signal" || this.outgoing.signal.started);
  }

  private mayReceipt(): boolean {
    return this.receipt === null && this.outgoing.signal.started;
  }

  private pumpReceipt(clock: number): void {
    const { dueAt } = this.receipts;
    if (dueAt === null || dueAt > clock || !this.mayReceipt() || !this.mayEmit("signal", clock)) return;
    const [n, again] = this.receipts.take();
    const value = { message: this.incoming.message.next, signal: this.incoming.signal.next, again };
    this.receiptAt = clock;
    this.receipt = { kind: "receipt", n, again };
    this.waiting.push({ name: "seal", lane: "receipt", n, content: encodeContent({ name: "receipt", value }) });
  }

  /** Sends the sealed receipt, unless we are paused: `resume` makes a new one. */
  private emitReceipt(frame: string): void {
    if (this.receipt !== null && this.pausedAt === null) this.emit(this.receipt, frame);
    this.receipt = null;
  }

  private pumpLane(event: RelayEvent, clock: number): void {
    while (this.mayGo(event) && this.mayEmit(event, clock)) {
      const [n, frame] = this.outgoing[event].take(clock) ?? [];
      if (n !== undefined && frame !== undefined) this.emit({ kind: event, n, again: false }, frame);
    }
  }

  private emit(sent: Sent, data: string): void {
    this.waiting.push({ name: "emit", event: eventOf(sent.kind), data, token: this.unanswered.add(sent) });
  }

  private taken({ kind, n }: Sent): void {
    if (kind === "message" && this.outgoing.message.taken(n)) this.waiting.push({ name: "delivery", n, state: "sent" });
  }

  /** Sends again whatever the reason was, since a lane must have no gap. */
  private refused({ kind, n, again }: Sent, retryAfterS: number, clock: number): void {
    const event = eventOf(kind);
    this.hushedUntil[event] = Math.max(this.hushedUntil[event], clock + retryAfterS * 1000);
    if (kind === "receipt") this.receipts.owe(clock, again);
    else if (kind !== "hello") this.outgoing[kind].rewind(n);
    else if (this.helloAt !== null) this.helloAt = clock;
  }

  // --- in

  /** Judges a frame: opens it now, keeps it or drops it. Throws SealError if the chat cannot go on. */
  private arrived(frame: Frame, clock: number): void {
    if (frame.kind === "hello") this.greeted(frame);
    else if (this.emoji === null || (this.readyBy !== null && frame.kind !== "signal")) this.unopened.keep(frame);
    else this.open(frame.kind, frame, clock);
  }

  private greeted(frame: Frame): void {
    const hello = toBase64url(frame.body);
    if (hello === this.partnerHello) return;
    if (this.partnerHello !== null) throw new SealError("another hello");
    this.partnerHello = hello;
    this.unopened.open(frame);
    this.waiting.push({ name: "agree", hello: frame.body });
  }

  private open(lane: Lane, frame: Frame, clock: number): void {
    const isWanted = lane === "receipt" ? this.receipts.isNew(frame.n) : this.incoming[lane].wants(frame.n);
    if (!isWanted && lane !== "receipt") this.oweReceipt(clock);
    if (!isWanted) return;
    this.unopened.open(frame);
    this.waiting.push({ name: "open", lane, n: frame.n, body: frame.body });
  }

  /** Owes a receipt at once, in a burst every 250 ms. The first needs no timer: a hidden page's timers are slow. */
  private oweReceipt(clock: number): void {
    this.receipts.owe(Math.max(clock, this.receiptAt + RECEIPT_EVERY_MS));
  }

  private accept({ kind, n }: Frame, bytes: Bytes, clock: number): void {
    if (kind === "receipt") {
      this.receipts.note(n);
      const content = decodeContent(bytes);
      if (content?.name === "receipt") this.confirmed(content.value, clock);
    } else if (kind !== "hello") {
      for (const [number, each] of this.incoming[kind].accept(n, bytes, clock)) this.turn(kind, number, decodeContent(each));
      this.oweReceipt(clock);
    }
  }

  /** Takes a content in its turn. One that does not fit was written by the partner, so it is only ignored. */
  private turn(event: RelayEvent, n: number, content: Content | null): void {
    if (event === "signal" && n === 0) {
      if (content?.name !== "ready") throw new SealError("the first thing sealed is not `ready`");
      this.readyBy = this.helloAt = null;
      this.waiting.push({ name: "ready", emoji: this.emoji ?? [], commit: content.value.commit });
      this.unopened.takeOut();
    } else if (content !== null && eventFor(content) === event) {
      this.waiting.push({ name: "received", content, n });
    }
  }

  private confirmed(receipt: Receipt, clock: number): void {
    for (const n of this.outgoing.message.confirm(receipt.message, clock)) this.waiting.push({ name: "delivery", n, state: "delivered" });
    this.outgoing.signal.confirm(receipt.signal, clock);
    if (receipt.again) for (const event of EVENTS) this.outgoing[event].rewind();
  }

  // --- the end

  private fault(fault: SealFault): void {
    this.waiting.push({ name: "fault", fault });
    this.forget();
  }

  private forget(): void {
    this.over = true;
    this.unopened.clear();
    this.unanswered.clear();
    this.outgoing = { signal: new OutgoingLane(), message: new OutgoingLane() };
    this.incoming = { signal: new IncomingLane(), message: new IncomingLane() };
  }
}
