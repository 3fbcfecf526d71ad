// The channel by itself, without timers, WebCrypto or a connection. To seal is here to put one byte in front.

import { beforeEach, describe, expect, it } from "vitest";

import { join, utf8, type Bytes } from "./bytes.ts";
import { Channel } from "./channel.ts";
import { encodeContent, type Content } from "./content.ts";
import { decodeFrame, encodeFrame, type RelayEvent } from "./frame.ts";
import type { Output } from "./outputs.ts";

const EMOJI = [1, 2, 3, 4];
const COMMIT = "A".repeat(43);
const LIMITS = { message_bytes: 16_384, signal_bytes: 49_152 };
const ENDLESS = { signal: { take: () => 0 }, message: { take: () => 0 } };

type Emission = Extract<Output, { name: "emit" }>;

function words(value: string): Content {
  return { name: "text", value };
}

function sealedBytes(content: Bytes): Bytes {
  return join(new Uint8Array([7]), content);
}

/** A driver for one side. It seals and opens at once, or later if `jobs` is set. */
class Machine {
  readonly channel: Channel;
  readonly texts: string[] = [];
  readonly deliveries: string[] = [];
  readonly sealings: string[] = [];
  emissions: Emission[] = [];
  fault: string | null = null;
  isReady = false;
  now = 0;
  /** The sealing and opening that waits for the test; null: nothing waits. */
  jobs: (() => void)[] | null = null;

  constructor(name: string, committed = true) {
    this.channel = new Channel({ hello: utf8(name), committed, nextCommit: COMMIT, limits: LIMITS, pace: ENDLESS }, 0);
    this.drive();
  }

  do(what: (channel: Channel, now: number) => void): void {
    what(this.channel, this.now);
    this.drive();
  }

  receive(event: RelayEvent, data: string): void {
    this.do((channel, now) => channel.receive(event, data, now));
  }

  /** The emissions since the last call. */
  take(): Emission[] {
    const taken = this.emissions;
    this.emissions = [];
    return taken;
  }

  private drive(): void {
    for (let outputs = this.channel.outputs(); outputs.length > 0; outputs = this.channel.outputs())
      for (const output of outputs) this.carryOut(output);
  }

  private later(job: () => void): void {
    if (this.jobs === null) job();
    else this.jobs.push(() => (job(), this.drive()));
  }

  private carryOut(output: Output): void {
    const { channel } = this;
    switch (output.name) {
      case "agree":
        return this.later(() => channel.agreed(EMOJI, this.now));
      case "seal":
        this.sealings.push(`${output.lane} ${output.n}`);
        return this.later(() => channel.sealed(output.lane, output.n, sealedBytes(output.content), this.now));
      case "open":
        return this.later(() => channel.opened(output.body[0] === 7 ? output.body.slice(1) : null, this.now));
      case "emit":
        return void this.emissions.push(output);
      case "ready":
        this.isReady = true;
        return;
      case "received":
        return void (output.content.name === "text" && this.texts.push(output.content.value));
      case "delivery":
        return void this.deliveries.push(`${output.n} ${output.state}`);
      case "fault":
        this.fault = output.fault;
    }
  }
}

/** Passes all emissions between the two until neither has any. */
function exchange(one: Machine, two: Machine): void {
  for (let sides = [one, two]; one.emissions.length + two.emissions.length > 0; sides = sides.reverse()) {
    const [from, to] = sides as [Machine, Machine];
    for (const { event, data, token } of from.take()) {
      from.do((channel, now) => channel.answered(token, null, null, now));
      to.receive(event, data);
    }
  }
}

function frameOf(kind: "message" | "signal", n: number, content: Content): string {
  return encodeFrame({ kind, n, body: sealedBytes(encodeContent(content)) });
}

let ana: Machine;
let ben: Machine;

beforeEach(() => {
  ana = new Machine("ana");
  ben = new Machine("ben");
});

describe("a channel", () => {
  it("without the partner's commitment is over before it began", () => {
    const alone = new Machine("ana", false);
    expect([alone.fault, alone.emissions, alone.channel.wakesAt]).toEqual(["seal_failed", [], null]);
  });

  it("shows its hello at once and every two seconds, and gives up after ten", () => {
    const shown: number[] = [];
    for (let wakes = 0; ana.fault === null && wakes < 20; wakes++) {
      if (ana.take().length > 0) shown.push(ana.now);
      ana.now = ana.channel.wakesAt ?? ana.now;
      ana.do((channel, now) => channel.wake(now));
    }
    expect([shown, ana.fault, ana.now]).toEqual([[0, 2_000, 4_000, 6_000, 8_000], "seal_failed", 10_000]);
  });

  it("has nothing due while somebody is away, and goes on afterwards as if no time had passed", () => {
    ana.now = 9_000;
    ana.do((channel, now) => channel.pause(now));
    expect(ana.channel.wakesAt).toBeNull();
    ana.now = 3_600_000;
    ana.do((channel, now) => channel.wake(now));
    ana.do((channel, now) => channel.resume(now));
    expect(ana.fault).toBeNull();
    ana.now += 1_000;
    ana.do((channel, now) => channel.wake(now));
    expect(ana.fault).toBe("seal_failed");
  });

  it("takes no step in the place of `ready`, and one that overtakes it waits", () => {
    const step: Content = { name: "step", value: { open: 2 } };
    const [hasty, quick] = [new Machine("hasty"), new Machine("quick")];
    for (const { event, data } of ana.take()) for (const each of [hasty, quick]) each.receive(event, data);
    hasty.receive("signal", frameOf("signal", 0, step));
    expect([hasty.isReady, hasty.fault]).toEqual([false, "seal_failed"]);
    quick.receive("signal", frameOf("signal", 1, step));
    expect([quick.isReady, quick.fault]).toEqual([false, null]);
    quick.receive("signal", frameOf("signal", 0, { name: "ready", value: { commit: null } }));
    expect([quick.isReady, quick.fault]).toEqual([true, null]);
  });

  it("opens one at a time, in the order in which they came, however long each takes", () => {
    exchange(ana, ben);
    ben.jobs = [];
    for (const n of [0, 1, 2]) ben.receive("message", frameOf("message", n, words(`text ${n}`)));
    expect(ben.jobs).toHaveLength(1);
    for (let job = ben.jobs.shift(); job !== undefined; job = ben.jobs.shift()) job();
    expect(ben.texts).toEqual(["text 0", "text 1", "text 2"]);
  });

  it("seals each number once, though it is sent many times, and sends in order though seals come in any", () => {
    exchange(ana, ben);
    ana.jobs = [];
    for (const text of ["one", "two", "three"]) ana.do((channel, now) => channel.send(words(text), now));
    for (const job of ana.jobs.splice(0).reverse()) job();
    const sent = ana.take();
    for (let wakes = 0; wakes < 4; wakes++) {
      ana.now += 30_000;
      ana.do((channel, now) => channel.wake(now));
    }
    const again = ana.take().filter(({ event }) => event === "message");
    expect(sent.map(({ data }) => decodeFrame(data).n)).toEqual([0, 1, 2]);
    expect(new Set(again.map(({ data }) => data))).toEqual(new Set(sent.map(({ data }) => data)));
    expect(new Set(ana.sealings).size).toBe(ana.sealings.length);
  });

  it("tells what has arrived by the time the receipt goes, not by the time a frame came", () => {
    exchange(ana, ben);
    ben.now += 1_000;
    ben.jobs = [];
    ben.receive("message", frameOf("message", 0, words("slow to open")));
    expect(ben.sealings.filter((each) => each.startsWith("receipt"))).toEqual(["receipt 0"]);
    for (let job = ben.jobs.shift(); job !== undefined; job = ben.jobs.shift()) job();
    expect(ben.sealings.at(-1)).toBe("receipt 1");
  });

  it("ignores replies to what was sent before a break", () => {
    exchange(ana, ben);
    ana.do((channel, now) => channel.send(words("one"), now));
    const [first] = ana.take();
    ana.do((channel, now) => (channel.pause(now), channel.resume(now)));
    ana.do((channel, now) => channel.answered(first?.token ?? 0, "rate_limited", 60, now));
    expect(ana.take().filter(({ event }) => event === "message")).toHaveLength(1);
    ana.do((channel, now) => channel.send(words("two"), now));
    expect(ana.take().filter(({ event }) => event === "message")).toHaveLength(1);
  });

  it("that is over says nothing more, whatever is done in the meantime", () => {
    exchange(ana, ben);
    ben.jobs = [];
    ben.receive("message", frameOf("message", 0, words("late")));
    ben.do((channel, now) => channel.send(words("late, too"), now));
    ben.do((channel) => channel.close());
    for (const job of ben.jobs) job();
    expect([ben.texts, ben.emissions, ben.channel.wakesAt, ben.fault]).toEqual([[], [], null, null]);
  });
});

/** Pseudo-random numbers, the same for the same seed, from a linear congruential generator. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

describe("over a relay that loses, doubles, delays, refuses and breaks", () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed))("all arrive in order, once (seed %i)", (seed) => {
    const roll = dice(seed);
    const onTheWay: [to: Machine, event: RelayEvent, data: string][] = [];
    const written = new Map([[ana, 0], [ben, 0]]);
    for (let at = 0; at < 60_000; at += 100) {
      for (const side of [ana, ben]) {
        side.now = at;
        const count = written.get(side) ?? 0;
        if (at < 20_000 && roll(5) === 0) {
          side.do((channel, now) => channel.send(words(`text ${count}`), now));
          written.set(side, count + 1);
        }
        side.do((channel, now) => channel.wake(now));
        for (const { event, data, token } of side.take()) {
          const fate = at < 30_000 ? roll(10) : 9;
          side.do((channel, now) => channel.answered(token, fate === 0 ? "internal" : null, null, now));
          for (let copies = fate < 2 ? 0 : fate === 2 ? 2 : 1; copies > 0; copies--) onTheWay.push([side === ana ? ben : ana, event, data]);
        }
      }
      if (at < 30_000 && roll(100) === 0) for (const side of [ana, ben]) side.do((channel, now) => (channel.pause(now), channel.resume(now)));
      for (let count = roll(onTheWay.length + 1) + (at < 30_000 ? 0 : 99); count > 0 && onTheWay.length > 0; count--) {
        const [[to, event, data] = [ana, "signal", ""] as const] = onTheWay.splice(at < 30_000 ? roll(onTheWay.length) : 0, 1);
        to.receive(event, data);
      }
    }
    expect([ana.fault, ben.fault]).toEqual([null, null]);
    for (const [from, to] of [[ana, ben], [ben, ana]] as const) {
      const numbers = Array.from({ length: written.get(from) ?? 0 }, (_, n) => n);
      expect(to.texts).toEqual(numbers.map((n) => `text ${n}`));
      expect(from.deliveries.filter((each) => each.endsWith("delivered"))).toEqual(numbers.map((n) => `${n} delivered`));
    }
  });
});
