// What a dishonest relay can try. Each attack has a test of its own, and none makes the page show anything false.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fromBase64url, toBase64url } from "../seal/bytes.ts";
import { encodeFrame } from "../seal/frame.ts";
import { makeOffer } from "../seal/handshake.ts";
import { matched, pass, start, watchCrypto, type Datum, type Side } from "../testing/pair.ts";

let ana: Side;
let ben: Side;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  watchCrypto();
});

afterEach(() => {
  ana.channel.close();
  ben.channel.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function sealed(): Promise<void> {
  [ana, ben] = await matched();
  start(ana, ben);
  await pass();
  expect(ana.emoji).toEqual(ben.emoji);
}

function only(kind: Datum["kind"], change: (data: string) => string) {
  return (datum: Datum) => [[datum.event, datum.kind === kind ? change(datum.data) : datum.data]] as const;
}

function flipped(data: string, at: number): string {
  const bytes = fromBase64url(data);
  const place = (at + bytes.length) % bytes.length; // an `at` below 0 counts from the end
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  return toBase64url(bytes);
}

describe("in the handshake, a relay that", () => {
  it.each([
    ["knows of no commitment", { ana: null }],
    ["tells of another commitment", { ana: "A".repeat(43) }],
    ["tells both that they are polite", { benPolite: false }],
  ])("%s", async (_what, commits) => {
    [ana, ben] = await matched(commits);
    start(ana, ben);
    await pass(11_000);
    expect(ana.fault).toBe("seal_failed");
    expect(ana.emoji).toBeNull();
  });

  it("shows another hello than committed to", async () => {
    [ana, ben] = await matched();
    const { hello } = await makeOffer();
    ben.tamper = only("hello", () => encodeFrame({ kind: "hello", n: 0, body: hello }));
    start(ana, ben);
    await pass();
    expect(ana.fault).toBe("seal_failed");
  });

  it("reflects our own hello", async () => {
    [ana, ben] = await matched();
    ana.partner = ana;
    start(ana);
    await pass();
    expect(ana.fault).toBe("seal_failed");
  });

  it("never shows the partner's", async () => {
    [ana, ben] = await matched();
    ben.fate = ({ kind }) => (kind === "hello" ? "lose" : "pass");
    start(ana, ben);
    await pass(9_500);
    expect(ana.fault).toBeNull();
    await pass(1_000);
    expect(ana.fault).toBe("seal_failed");
  });

  it("restarts it with another hello", async () => {
    await sealed();
    const { hello } = await makeOffer();
    ana.channel.receive("signal", encodeFrame({ kind: "hello", n: 0, body: hello }));
    await pass();
    expect(ana.fault).toBe("seal_broken");
  });

  it("sends something unsealed first", async () => {
    [ana, ben] = await matched();
    start(ana);
    ana.channel.receive("message", "hello, stranger");
    await pass();
    expect(ana.fault).toBe("seal_failed");
    expect(ana.contents).toEqual([]);
  });
});

describe("after it, a relay that", () => {
  beforeEach(sealed);

  it("replays everything: it is dropped", async () => {
    ana.tamper = ({ event, data }) => [[event, data], [event, data]];
    ana.say("once");
    await pass();
    for (const { event, data } of ana.sent) ben.channel.receive(event, data);
    await pass(1_000);
    expect(ben.texts).toEqual(["once"]);
    expect(ben.fault).toBeNull();
  });

  it("reorders: it is mended", async () => {
    const kept: Datum[] = [];
    ana.tamper = (datum) => (datum.kind === "message" ? (kept.push(datum), []) : [[datum.event, datum.data]]);
    for (const text of ["one", "two", "three"]) ana.say(text);
    await pass(100);
    ana.tamper = ({ event, data }) => [[event, data]];
    for (const { event, data } of kept.reverse()) ben.channel.receive(event, data);
    await pass();
    expect(ben.texts).toEqual(["one", "two", "three"]);
  });

  it("drops one for ever: a gap that stays", async () => {
    ana.fate = ({ kind, n }) => (kind === "message" && n === 0 ? "lose" : "pass");
    ana.say("never");
    ana.say("after");
    await pass(9_500);
    expect(ben.fault).toBeNull();
    await pass(1_500);
    expect(ben.fault).toBe("seal_gap");
    expect(ben.texts).toEqual([]);
  });

  it("reflects what we sealed", async () => {
    ana.say("mine");
    await pass();
    ana.channel.receive("message", ana.sent.find(({ kind }) => kind === "message")?.data ?? "");
    await pass();
    expect(ana.fault).toBe("seal_broken");
    expect(ana.texts).toEqual([]);
  });

  it("cuts the end off", async () => {
    ana.tamper = only("message", (data) => data.slice(0, -4));
    ana.say("short");
    await pass();
    expect(ben.fault).toBe("seal_broken");
  });

  it.each([0, 1, 9, 10, 12, 20, -1])("flips a bit of byte %i", async (at) => {
    ana.tamper = only("message", (data) => flipped(data, at));
    ana.say("changed");
    ana.say("and another");
    await pass(12_000);
    expect(ben.texts).toEqual([]);
    expect(ben.fault).toBe("seal_broken");
  });

  it("changes a fingerprint in a description", async () => {
    ana.tamper = only("signal", (data) => flipped(data, -30));
    ana.channel.send({ name: "description", value: { type: "offer", sdp: `a=fingerprint:sha-256 ${"AB:".repeat(31)}AB` } });
    await pass();
    expect(ben.fault).toBe("seal_broken");
    expect(ben.contents).toEqual([]);
  });

  it("sends something unsealed", async () => {
    ben.channel.receive("message", '{"v":1,"n":0,"kind":"text","body":{"text":"hello"}}');
    await pass();
    expect(ben.fault).toBe("seal_broken");
    expect(ben.texts).toEqual([]);
  });

  it("mixes in another chat", async () => {
    const [eve, tom] = await matched({ chat: "other" });
    start(eve, tom);
    eve.say("for Tom");
    await pass();
    ben.channel.receive("message", eve.sent.find(({ kind }) => kind === "message")?.data ?? "");
    await pass();
    expect(ben.fault).toBe("seal_broken");
    expect(ben.texts).toEqual([]);
    eve.channel.close();
    tom.channel.close();
  });

  it("gives one chat's frames another chat's name", async () => {
    const other = await matched({ chat: "other" });
    start(...other);
    await pass();
    other[0].partner = ben;
    other[0].say("for Tom");
    await pass();
    expect(ben.fault).toBe("seal_broken");
    for (const side of other) side.channel.close();
  });
});

describe("garbage", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_{}\u00e9";
  const garbage = (length: number) => Array.from({ length }, (_, at) => alphabet[(at * 31 + length * 17) % alphabet.length]).join("");

  it("of every length, before the hello, ends as failed", async () => {
    for (let length = 0; length <= 120; length++) {
      [ana, ben] = await matched();
      start(ana);
      ana.channel.receive(length % 2 === 0 ? "signal" : "message", garbage(length));
      await pass(0);
      expect(ana.fault, `length ${length}`).toBe("seal_failed");
    }
  });

  it("of every length, once it is sealed, ends as broken", async () => {
    for (let length = 0; length <= 120; length++) {
      [ana, ben] = await matched();
      start(ana, ben);
      await pass(0);
      ben.channel.receive(length % 2 === 0 ? "signal" : "message", garbage(length));
      await pass(0);
      expect(ben.fault, `length ${length}`).toBe("seal_broken");
    }
  }, 30_000);
});
