// All that goes to the partner of one chat goes through `send`, and all that comes from them through `receive`: sealed,
// in order, exactly once. docs/blind-relay.md says what is sent when, and what ends a chat.

import { SealError, toBase64url, type Bytes } from "../seal/bytes.ts";
import { decodeContent, encodeContent, type Content, type Receipt } from "../seal/content.ts";
import { decodeFrame, encodeFrame, eventOf, sealedLength, type Frame, type RelayEvent } from "../seal/frame.ts";
import { agree, type Keys } from "../seal/handshake.ts";
import { IncomingLane, OutgoingLane, type Item } from "../seal/lanes.ts";
import type { ChannelEvents, Relay, SealFault, Terms } from "./terms.ts";

const BEAT_MS = 250; // all that waits is looked at so often; only beats while both are here count as time
const HANDSHAKE_MS = 10_000;
const HELLO_EVERY_MS = 2_000;
const GAP_MS = 10_000;
const ASK_EVERY_MS = 2_000;
const RESEND_MS = 3_000; // and twice that each time, up to
const RESEND_MAX_MS = 24_000;
const EARLY_MAX = 64; // sealed frames kept before they can be opened
const RETRY_S = 1; // for a refusal that does not say when

/** What is kept about the time of one lane each way, in milliseconds that both were here. */
class Watch {
  gapSince: number | null = null;
  askedAt = 0;
  askedFor = -1;
  quietSince = 0;
  resendMs = RESEND_MS;

  progress(at: number): void {
    this.quietSince = at;
    this.resendMs = RESEND_MS;
  }
}

const LANES = ["message", "signal"] as const;

export class Channel {
  private readonly outgoing = { message: new OutgoingLane(), signal: new OutgoingLane() };
  private readonly incoming = { message: new IncomingLane(), signal: new IncomingLane() };
  private readonly watch = { message: new Watch(), signal: new Watch() };
  private readonly hushed = { message: false, signal: false };
  private readonly pumping = { message: false, signal: false };
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly agreed = Promise.withResolvers<Keys>();
  private readonly hello: string;
  private theirHello: string | null = null;
  private keys: Keys | null = null;
  private early: Frame[] = [];
  private opened = false;
  private receipts = { sent: 0, sentAt: -BEAT_MS, newest: -1, due: false, again: false };
  private turn: Promise<void> = Promise.resolve();
  private elapsedMs = 0;
  private open = true;
  private closed = false;
  private readonly beating = setInterval(() => this.beat(), BEAT_MS);

  constructor(
    private readonly terms: Terms,
    private readonly relay: Relay,
    private readonly events: ChannelEvents,
  ) {
    this.hello = encodeFrame({ kind: "hello", n: 0, body: terms.offer.hello });
    this.push("signal", encodeContent({ name: "ready", value: { commit: terms.nextCommit } }));
  }

  /** Shows our hello. */
  start(): void {
    if (this.terms.commit === null) this.fail("seal_failed");
    else this.sendHello();
  }

  /** Returns the number of the content in its lane, or null if it can never be sent. */
  send(content: Content): number | null {
    const lane = laneOf(content);
    if (lane === null) return null;
    const max = lane === "message" ? this.terms.limits.message_bytes : this.terms.limits.signal_bytes;
    const bytes = encodeContent(content);
    return this.closed || sealedLength(bytes.length) > max ? null : this.push(lane, bytes);
  }

  /** What came is taken one after the other; anything can come. */
  receive(event: RelayEvent, data: string): void {
    this.turn = this.turn
      .then(() => (this.closed ? undefined : this.take(event, data)))
      .catch(() => this.fail(this.opened ? "seal_broken" : "seal_failed"));
  }

  /** Our link or the partner is gone for now: what is written waits. */
  pause(): void {
    this.open = false;
  }

  /** Both are here again: say what arrived, and send again what nobody confirmed. */
  resume(): void {
    if (this.closed) return;
    this.open = true;
    if (!this.opened) this.sendHello();
    this.receiptSoon(true);
    for (const lane of LANES) {
      this.outgoing[lane].rewind();
      this.watch[lane].progress(this.elapsedMs);
      void this.pump(lane);
    }
  }

  close(): void {
    this.closed = true;
    this.keys = null;
    this.early = [];
    clearInterval(this.beating);
    for (const timer of this.timers) clearTimeout(timer);
  }

  private fail(fault: SealFault): void {
    if (this.closed) return;
    this.close();
    this.events.fault(fault);
  }

  // --- the handshake

  private sendHello(): void {
    if (this.open && this.terms.pace.signal.take() === 0) void this.relay.signal(this.terms.chat, this.hello);
  }

  private async takeHello(frame: Frame): Promise<void> {
    const hello = toBase64url(frame.body);
    if (this.theirHello === hello) return;
    const { offer, commit } = this.terms;
    if (this.theirHello !== null || commit === null) throw new SealError("another hello");
    const keys = await agree(offer, commit, frame.body, this.terms);
    if (this.closed) return;
    this.theirHello = hello;
    this.keys = keys;
    this.agreed.resolve(keys);
    await this.takeEarly(keys);
  }

  private async takeReady(commit: string | null, keys: Keys): Promise<void> {
    this.opened = true;
    this.events.sealed(keys.emoji, commit);
    await this.takeEarly(keys);
  }

  private async takeEarly(keys: Keys): Promise<void> {
    for (const frame of this.early.splice(0)) if (!this.closed) await this.takeSealed(frame, keys);
  }

  private keepEarly(frame: Frame): void {
    if (this.early.length < EARLY_MAX) this.early.push(frame);
  }

  // --- from the partner

  private async take(event: RelayEvent, data: string): Promise<void> {
    const frame = decodeFrame(data);
    if (eventOf(frame.kind) !== event) throw new SealError("of another event");
    if (frame.kind === "hello") await this.takeHello(frame);
    else if (this.keys === null) this.keepEarly(frame);
    else await this.takeSealed(frame, this.keys);
  }

  private async takeSealed(frame: Frame, keys: Keys): Promise<void> {
    if (!this.opened && frame.kind !== "signal") this.keepEarly(frame);
    else if (frame.kind === "receipt") await this.takeReceipt(frame, keys);
    else if (frame.kind !== "hello") await this.takeItem(frame.kind, frame, keys);
  }

  private async takeItem(lane: RelayEvent, { n, body }: Frame, keys: Keys): Promise<void> {
    const incoming = this.incoming[lane];
    const place = incoming.place(n);
    if (place === "next" || place === "ahead") {
      const content = decodeContent(await keys.open(lane, n, body));
      if (this.closed) return;
      const arrived = incoming.put(n, content);
      if (arrived.length > 0) this.watch[lane].gapSince = null; // another gap, if any
      for (const [number, each] of arrived) await this.pass(lane, number, each, keys);
    }
    const missing = incoming.gap || place === "far";
    this.receiptSoon(missing && this.mayAsk(lane));
  }

  private async pass(lane: RelayEvent, n: number, content: Content | null, keys: Keys): Promise<void> {
    if (lane === "signal" && n === 0) {
      if (content?.name !== "ready") throw new SealError("ready comes first");
      await this.takeReady(content.value.commit, keys);
    } else if (content !== null && laneOf(content) === lane) this.events.received(content, n);
  }

  private async takeReceipt({ n, body }: Frame, keys: Keys): Promise<void> {
    if (n <= this.receipts.newest) return;
    const content = decodeContent(await keys.open("receipt", n, body));
    this.receipts.newest = n;
    if (!this.closed && content?.name === "receipt") this.confirmed(content.value);
  }

  private confirmed(receipt: Receipt): void {
    for (const lane of LANES) {
      const done = this.outgoing[lane].confirm(receipt[lane]);
      if (done.length > 0) this.watch[lane].progress(this.elapsedMs);
      if (lane === "message") for (const n of done) this.events.textChanged(n, "delivered");
      if (receipt.again) this.outgoing[lane].rewind();
      void this.pump(lane);
    }
  }

  // --- to the partner

  private push(lane: RelayEvent, bytes: Bytes): number {
    const n = this.outgoing[lane].push(async (number) => {
      const keys = await this.agreed.promise;
      return encodeFrame({ kind: lane, n: number, body: await keys.seal(lane, number, bytes) });
    });
    void this.pump(lane);
    return n;
  }

  private flows(lane: RelayEvent): boolean {
    return this.open && !this.closed && !this.hushed[lane];
  }

  /** Emits what the lane holds, in order, as fast as the quota allows. */
  private async pump(lane: RelayEvent): Promise<void> {
    if (this.pumping[lane]) return;
    this.pumping[lane] = true;
    const outgoing = this.outgoing[lane];
    for (let item = outgoing.peek(); item !== null && this.flows(lane); item = outgoing.peek()) {
      const data = await item.sealed;
      if (outgoing.peek() !== item || !this.flows(lane)) continue; // rewound or paused meanwhile
      const waitMs = this.terms.pace[lane].take();
      if (waitMs > 0) this.hush(lane, waitMs);
      else void this.emit(lane, item, data);
    }
    this.pumping[lane] = false;
  }

  private async emit(lane: RelayEvent, item: Item, data: string): Promise<void> {
    const outgoing = this.outgoing[lane];
    outgoing.advance();
    const { epoch } = outgoing;
    const answer = await this.relay[lane](this.terms.chat, data);
    if (this.closed) return;
    if (answer.ok) return this.taken(lane, item);
    if (answer.code === "chat_over") return this.pause(); // `ended` is on its way
    if (epoch !== outgoing.epoch) return;
    outgoing.rewind(item.n);
    if (this.open) this.hush(lane, (answer.retry_after_s || RETRY_S) * 1000); // else resume() comes
  }

  private taken(lane: RelayEvent, item: Item): void {
    if (this.outgoing[lane].take(item) && lane === "message") this.events.textChanged(item.n, "sent");
  }

  private hush(lane: RelayEvent, ms: number): void {
    this.hushed[lane] = true;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.hushed[lane] = false;
      void this.pump(lane);
    }, ms);
    this.timers.add(timer);
  }

  /** At once, but of a burst one in a beat. A page in the background has few beats. */
  private receiptSoon(again: boolean): void {
    this.receipts.due = true;
    this.receipts.again ||= again;
    if (this.terms.now() - this.receipts.sentAt >= BEAT_MS) void this.sendReceipt();
  }

  private async sendReceipt(): Promise<void> {
    const { keys, open, terms } = this;
    if (keys === null || !open || terms.pace.signal.take() > 0) return; // at a later beat
    const { sent: n, again } = this.receipts;
    this.receipts = { ...this.receipts, sent: n + 1, sentAt: terms.now(), due: false, again: false };
    const value = { message: this.incoming.message.next, signal: this.incoming.signal.next, again };
    const body = await keys.seal("receipt", n, encodeContent({ name: "receipt", value }));
    const answer = await this.relay.signal(this.terms.chat, encodeFrame({ kind: "receipt", n, body }));
    if (!answer.ok && answer.code === "rate_limited") this.receiptSoon(again);
  }

  // --- time

  private beat(): void {
    if (!this.open) return;
    this.elapsedMs += BEAT_MS;
    if (!this.opened) this.hurryHandshake();
    for (const lane of LANES) {
      this.judgeGap(lane);
      this.resendUnconfirmed(lane);
    }
    if (this.receipts.due) void this.sendReceipt();
  }

  private hurryHandshake(): void {
    if (this.elapsedMs >= HANDSHAKE_MS) this.fail("seal_failed");
    else if (this.elapsedMs % HELLO_EVERY_MS === 0) this.sendHello();
  }

  private judgeGap(lane: RelayEvent): void {
    const watch = this.watch[lane];
    if (!this.incoming[lane].gap) watch.gapSince = null;
    else watch.gapSince ??= this.elapsedMs;
    if (watch.gapSince === null) return;
    if (this.elapsedMs - watch.gapSince >= GAP_MS) this.fail("seal_gap");
    else if (this.mayAsk(lane)) this.receiptSoon(true);
  }

  /** Whether to ask for what is missing now: not for each frame of a burst. */
  private mayAsk(lane: RelayEvent): boolean {
    const watch = this.watch[lane];
    if (this.elapsedMs - watch.askedAt < ASK_EVERY_MS && watch.askedFor === this.incoming[lane].next) return false;
    watch.askedAt = this.elapsedMs;
    watch.askedFor = this.incoming[lane].next;
    return true;
  }

  private resendUnconfirmed(lane: RelayEvent): void {
    const watch = this.watch[lane];
    if (!this.outgoing[lane].unconfirmed) watch.progress(this.elapsedMs);
    if (this.elapsedMs - watch.quietSince < watch.resendMs) return;
    watch.quietSince = this.elapsedMs;
    watch.resendMs = Math.min(2 * watch.resendMs, RESEND_MAX_MS);
    this.outgoing[lane].rewind();
    void this.pump(lane);
  }
}

/** Where a content of the two belongs; null: what only the channel itself says. */
function laneOf({ name }: Content): RelayEvent | null {
  if (name === "ready" || name === "receipt") return null;
  return name === "text" ? "message" : "signal";
}
