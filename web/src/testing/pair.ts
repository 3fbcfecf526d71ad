// Two sides of a chat over a relay that a test can break, with a fake clock and the real WebCrypto.

import { vi } from "vitest";

import { Talk } from "../channel/talk.ts";
import type { Delivery, Terms } from "../channel/terms.ts";
import type { SealFault } from "../seal/outputs.ts";
import type { Reply, Refused } from "../channel/connection.ts";
import { Pace } from "../channel/pace.ts";
import type { Content } from "../seal/content.ts";
import { decodeFrame, type FrameKind, type RelayEvent } from "../seal/frame.ts";
import { makeOffer, type Offer } from "../seal/handshake.ts";

export const LIMITS = { message_bytes: 16_384, signal_bytes: 49_152 };
const QUOTAS = { message: { rate_s: 10, burst: 40 }, signal: { rate_s: 50, burst: 300 } };
const STEP_MS = 50;

/** What the relay does with one datum: `pass` it on, `lose` it though it replies `ok`, or refuse it with a code. */
export type Fate = "pass" | "lose" | Refused["code"];
/** One `signal` or `message` on its way, with the kind and the number of its frame. */
export interface Datum {
  readonly event: RelayEvent;
  readonly data: string;
  readonly kind: FrameKind;
  readonly n: number;
}

let pending = 0;

/** Counts the WebCrypto operations under way, so that `pass` can wait until none is left. */
export function watchCrypto(): void {
  const { subtle } = crypto;
  for (const name of ["generateKey", "importKey", "exportKey", "deriveBits", "deriveKey", "digest", "encrypt", "decrypt"] as const) {
    const real = (subtle[name] as (...args: unknown[]) => Promise<unknown>).bind(subtle);
    const counted = (...args: unknown[]) => {
      pending++;
      return real(...args).finally(() => pending--);
    };
    vi.spyOn(subtle, name).mockImplementation(counted as never);
  }
}

async function quiet(): Promise<void> {
  for (let idle = 0; idle < 3; idle = pending === 0 ? idle + 1 : 0) await new Promise((done) => setImmediate(done));
}

/** Moves the fake clock by `ms` and waits until everything that this causes has happened. */
export async function pass(ms = 400): Promise<void> {
  await quiet();
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await vi.advanceTimersByTimeAsync(STEP_MS);
    await quiet();
  }
}

/** One side of a chat: its driver, what it reported and what it sent. */
export class Side {
  readonly contents: Content[] = [];
  readonly deliveries: (readonly [number, Delivery])[] = [];
  /** What the relay counted, also when it then lost or refused it. */
  readonly sent: Datum[] = [];
  /** What was refused because of the quota. */
  readonly refused: Datum[] = [];
  emoji: readonly number[] | null = null;
  fault: SealFault | null = null;
  partnerCommit: string | null = null;
  partner: Side | null = null;
  /** The server's own count, which decides what it refuses. */
  quota: Readonly<Record<RelayEvent, Pace>>;
  fate: (datum: Datum) => Fate = () => "pass";
  /** What the relay passes on in place of a datum: nothing, the same, another one or several. */
  tamper: (datum: Datum) => readonly (readonly [RelayEvent, string])[] = ({ event, data }) => [[event, data]];
  readonly channel: Talk;

  constructor(terms: Omit<Terms, "limits" | "pace" | "now">) {
    const now = () => performance.now();
    const pace = { message: new Pace(QUOTAS.message, now), signal: new Pace(QUOTAS.signal, now) };
    this.quota = { message: serverQuota("message"), signal: serverQuota("signal") };
    this.channel = new Talk(
      { ...terms, limits: LIMITS, pace, now },
      { message: (_chat, data) => this.relay("message", data), signal: (_chat, data) => this.relay("signal", data) },
      {
        sealed: (emoji, commit) => {
          this.emoji = emoji;
          this.partnerCommit = commit;
        },
        received: (content) => this.contents.push(content),
        textChanged: (n, delivery) => this.deliveries.push([n, delivery]),
        fault: (fault) => (this.fault = fault),
      },
    );
  }

  /** The partner's texts that arrived. */
  get texts(): string[] {
    return this.contents.flatMap((content) => (content.name === "text" ? [content.value] : []));
  }

  /** Sends a text. Returns its number, or null if it can never be sent. */
  say(text: string): number | null {
    return this.channel.send({ name: "text", value: text });
  }

  private async relay(event: RelayEvent, data: string): Promise<Reply> {
    const { kind, n } = decodeFrame(data);
    const datum = { event, data, kind, n };
    const fate = this.fate(datum);
    const waitMs = this.quota[event].take();
    await Promise.resolve();
    if (waitMs > 0) {
      this.refused.push(datum);
      return { ok: false, code: "rate_limited", message: "", retry_after_s: waitMs / 1000 };
    }
    this.sent.push(datum);
    if (fate !== "pass" && fate !== "lose") return { ok: false, code: fate, message: "" };
    if (fate === "pass") for (const [as, what] of this.tamper(datum)) this.partner?.channel.receive(as, what);
    return { ok: true };
  }
}

function serverQuota(event: RelayEvent): Pace {
  const { rate_s, burst } = QUOTAS[event];
  return new Pace({ rate_s, burst: 2 * burst }, () => performance.now()); // doubled, since Pace uses half of it
}

/** What one side makes before a chat: its offer, and the one for an `again`. */
export interface Half {
  readonly offer: Offer;
  readonly next: Offer;
}

export async function half(): Promise<Half> {
  return { offer: await makeOffer(), next: await makeOffer() };
}

/** Two sides that have just been matched, the first one impolite. They send nothing before `start`. */
export async function matched(commits: { ana?: string | null; ben?: string | null; benPolite?: boolean; chat?: string } = {}): Promise<[Side, Side]> {
  const [one, two] = [await half(), await half()];
  const { ana = two.offer.commit, ben = one.offer.commit, benPolite = true, chat = "chat" } = commits;
  const sides: [Side, Side] = [
    new Side({ chat, polite: false, offer: one.offer, commit: ana, nextCommit: one.next.commit }),
    new Side({ chat, polite: benPolite, offer: two.offer, commit: ben, nextCommit: two.next.commit }),
  ];
  [sides[0].partner, sides[1].partner] = [sides[1], sides[0]];
  return sides;
}

export function start(...sides: readonly Side[]): void {
  for (const side of sides) side.channel.start();
}

/** Tells these sides that their connection or their partner is away. */
export function bothAway(...sides: readonly Side[]): void {
  for (const side of sides) side.channel.pause();
}

/** Tells these sides that both are here again. */
export function bothBack(...sides: readonly Side[]): void {
  for (const side of sides) side.channel.resume();
}
