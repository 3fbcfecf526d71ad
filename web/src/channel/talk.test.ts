// Two drivers over a faulty relay, with the real WebCrypto. Nothing here may end a chat, or lose or double a text.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { bothAway, bothBack, matched, pass, start, watchCrypto, type Side } from "../testing/pair.ts";

const CANDIDATE = { name: "candidate", value: { candidate: "", sdpMid: null, sdpMLineIndex: null, usernameFragment: null } } as const;

let ana: Side;
let ben: Side;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  watchCrypto();
  [ana, ben] = await matched();
});

afterEach(() => {
  ana.channel.close();
  ben.channel.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function fine(): void {
  expect([ana.fault, ben.fault]).toEqual([null, null]);
}

describe("a chat", () => {
  it("is sealed in two trips, and the offer goes with the first sealed frame", async () => {
    const order: string[] = [];
    for (const side of [ana, ben]) side.fate = ({ kind, n }) => (order.push(`${kind} ${n}`), "pass");
    ana.channel.send({ name: "description", value: { type: "offer", sdp: "v=0" } });
    start(ana, ben);
    await pass(50);
    expect(order.slice(0, 2)).toEqual(["hello 0", "hello 0"]);
    expect(ana.sent.map(({ kind, n }) => `${kind} ${n}`).slice(0, 3)).toEqual(["hello 0", "signal 0", "signal 1"]);
    expect(ana.emoji).not.toBeNull();
    expect(ana.emoji).toEqual(ben.emoji);
    expect(ben.contents.map(({ name }) => name)).toEqual(["description"]);
    fine();
  });

  it("tells each the other's commitment for an `again`", async () => {
    start(ana, ben);
    await pass();
    expect(ana.partnerCommit).toMatch(/^[\w-]{43}$/);
    expect(ana.partnerCommit).not.toBe(ben.partnerCommit);
  });

  it("shows nothing of what is said before it is sealed", async () => {
    ana.say("one");
    ana.say("two");
    start(ana, ben);
    await pass();
    expect(ana.sent.every(({ data }) => !atob(data.replaceAll("-", "+").replaceAll("_", "/")).includes("one"))).toBe(true);
    expect(ben.texts).toEqual(["one", "two"]);
  });
});

describe("a text", () => {
  beforeEach(async () => {
    start(ana, ben);
    await pass();
  });

  it("arrives in order, and the writer learns that it was sent and received", async () => {
    ana.say("one");
    ana.say("two");
    await pass();
    expect(ben.texts).toEqual(["one", "two"]);
    expect(ana.deliveries).toEqual([[0, "sent"], [1, "sent"], [0, "delivered"], [1, "delivered"]]);
  });

  it("waits while paused and goes at resume, in order", async () => {
    ana.channel.pause();
    ana.say("one");
    ana.say("two");
    await pass(5_000);
    expect(ben.texts).toEqual([]);
    ana.channel.resume();
    await pass();
    expect(ben.texts).toEqual(["one", "two"]);
  });

  it.each(["rate_limited", "partner_away", "internal", "not_connected"] as const)("refused with %s goes again by itself, the same bytes", async (code) => {
    let refusals = 1;
    ana.fate = ({ kind }) => (kind === "message" && refusals-- > 0 ? code : "pass");
    ana.say("one");
    ana.say("two");
    await pass(3_000);
    expect(ben.texts).toEqual(["one", "two"]);
    const [first, ...again] = ana.sent.filter(({ kind, n }) => kind === "message" && n === 0);
    expect(new Set(again.map(({ data }) => data))).toEqual(new Set([first?.data]));
  });

  it("refused for haste does not hold back a candidate after it", async () => {
    ana.fate = ({ kind }) => (kind === "message" ? "rate_limited" : "pass");
    ana.say("one");
    ana.channel.send(CANDIDATE);
    await pass();
    expect(ben.contents).toEqual([CANDIDATE]);
    ana.fate = () => "pass";
    await pass(3_000);
    expect(ben.texts).toEqual(["one"]);
    fine();
  });

  it("taken but lost with the partner's connection comes with the receipts after it", async () => {
    ana.fate = () => "lose";
    ana.say("lost");
    await pass();
    ana.fate = () => "pass";
    bothAway(ana, ben);
    bothBack(ben, ana);
    await pass();
    expect(ben.texts).toEqual(["lost"]);
    fine();
  });

  it("taken but not confirmed is sent again at once after a break, whatever was tried before", async () => {
    ana.fate = ben.fate = () => "lose"; // so no receipt asks for anything
    ana.say("one");
    await pass(22_000); // sent at 0, 3, 9, 21 s; the next would be at 45 s
    const tries = () => ana.sent.filter(({ kind }) => kind === "message").length;
    expect(tries()).toBe(4);
    bothAway(ana, ben);
    bothBack(ana, ben);
    await pass(200);
    expect(tries()).toBe(5);
    await pass(3_500); // the wait is 3 s again, not 24
    expect(tries()).toBe(6);
  });

  it("refused again and again is tried ever more seldom", async () => {
    ana.fate = ({ kind }) => (kind === "message" ? "internal" : "pass");
    ana.say("one");
    await pass(10_000);
    ana.fate = () => "pass";
    await pass(2_000);
    expect(ben.texts).toEqual(["one"]);
  });

  it("lost in the middle is asked for, and nothing comes twice", async () => {
    let lost = 0;
    ana.fate = ({ kind, n }) => (kind === "message" && n === 1 && lost++ === 0 ? "lose" : "pass");
    for (const text of ["one", "two", "three", "four"]) ana.say(text);
    await pass(1_000);
    expect(ben.texts).toEqual(["one", "two", "three", "four"]);
    fine();
  });

  it("lost at the end, with nothing after it, is sent again by itself", async () => {
    let lost = 0;
    ana.fate = ({ kind }) => (kind === "message" && lost++ === 0 ? "lose" : "pass");
    ana.say("one");
    await pass(5_000);
    expect(ben.texts).toEqual(["one"]);
    expect(ana.deliveries.at(-1)).toEqual([0, "delivered"]);
  });

  it("whose receipt was lost is told as received all the same, and not shown twice", async () => {
    let receipts = 0;
    ben.fate = ({ kind }) => (kind === "receipt" && receipts++ < 1 ? "lose" : "pass");
    ana.say("one");
    await pass(4_000);
    expect(ben.texts).toEqual(["one"]);
    expect(ana.deliveries.at(-1)).toEqual([0, "delivered"]);
  });

  it("whose reply was lost is sent again and dropped at the receiver", async () => {
    let n = 0;
    ana.fate = ({ event, data, kind }) => {
      if (kind !== "message" || n++ > 0) return "pass";
      ben.channel.receive(event, data);
      return "not_connected";
    };
    ana.say("one");
    await pass(3_000);
    expect(ben.texts).toEqual(["one"]);
    fine();
  });

  it("of more than the server takes is never sent", async () => {
    expect(ana.say("é".repeat(6_001))).not.toBeNull(); // over 12,000 bytes, but it fits the event
    expect(ana.say("x".repeat(12_300))).toBeNull();
  });
});

describe("a connection that breaks", () => {
  it.each([0, 10, 30, 60, 200])("after %i ms for both, with texts in flight each way, loses and doubles nothing", async (ms) => {
    start(ana, ben);
    await pass(ms);
    for (let n = 0; n < 10; n++) {
      ana.say(`a${n}`);
      ben.say(`b${n}`);
    }
    ana.fate = ben.fate = () => "lose";
    await pass(100);
    bothAway(ana, ben);
    ana.fate = ben.fate = () => "pass";
    await pass(20_000); // longer than any deadline, but time away does not count
    bothBack(ana, ben);
    await pass(3_000);
    expect(ben.texts).toEqual(Array.from({ length: 10 }, (_, n) => `a${n}`));
    expect(ana.texts).toEqual(Array.from({ length: 10 }, (_, n) => `b${n}`));
    fine();
  });

  it("for one side alone, between the two hellos, does not keep the chat from being sealed", async () => {
    ben.fate = ({ kind }) => (kind === "hello" ? "lose" : "pass");
    start(ana, ben);
    await pass(100);
    ana.channel.pause();
    ben.channel.pause();
    ben.fate = () => "pass";
    bothBack(ben, ana);
    await pass();
    expect(ana.emoji).toEqual(ben.emoji);
    fine();
  });
});

describe("a hello", () => {
  it("that was lost is shown again", async () => {
    let lost = 0;
    ana.fate = ({ kind }) => (kind === "hello" && lost++ === 0 ? "lose" : "pass");
    start(ana, ben);
    await pass(3_000);
    expect(ana.emoji).toEqual(ben.emoji);
    expect(ana.emoji).not.toBeNull();
    fine();
  });

  it("that comes late opens what came before it", async () => {
    const late: (() => void)[] = [];
    ben.tamper = ({ event, data, kind }) => {
      if (kind !== "hello") return [[event, data]];
      late.push(() => ana.channel.receive(event, data));
      return [];
    };
    start(ana, ben);
    ben.say("early");
    await pass(200);
    for (const deliver of late) deliver();
    await pass();
    expect(ana.texts).toEqual(["early"]);
    expect(ana.emoji).toEqual(ben.emoji);
  });
});

describe("a thousand candidates", () => {
  it("all arrive, and none is refused", async () => {
    start(ana, ben);
    await pass();
    for (let n = 0; n < 1_000; n++) ana.channel.send(CANDIDATE);
    ana.say("beside them");
    await pass(30_000);
    expect(ben.contents.filter(({ name }) => name === "candidate")).toHaveLength(1_000);
    expect(ben.texts).toEqual(["beside them"]);
    expect(ana.refused).toEqual([]);
    fine();
  }, 60_000);
});

describe("a channel", () => {
  it("takes a text only as a message and the rest only as signals", async () => {
    start(ana, ben);
    await pass();
    ana.tamper = ({ event, data }) => [[event === "message" ? "signal" : "message", data]];
    ana.say("a");
    await pass();
    expect(ben.texts).toEqual([]);
    expect(ben.fault).toBe("seal_broken");
  });

  it("that is closed neither sends nor receives", async () => {
    start(ana, ben);
    await pass();
    ben.channel.close();
    ana.say("late");
    expect(ben.say("late")).toBeNull();
    await pass();
    expect(ben.texts).toEqual([]);
  });

  it("of a page that slept for an hour goes on where it was", async () => {
    start(ana, ben);
    await pass();
    ben.fate = ana.fate = ({ n, kind }) => (kind === "message" && n === 0 ? "lose" : "pass");
    ana.say("one");
    ana.say("two"); // the partner now sees that the first is missing
    await pass(5_000);
    const before = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => before() + 3_600_000);
    await pass(1_000);
    fine();
    ana.fate = () => "pass";
    await pass(4_000);
    expect(ben.texts).toEqual(["one", "two"]);
    fine();
  });

  it("whose chat is over sends nothing again", async () => {
    start(ana, ben);
    await pass();
    ana.fate = () => "chat_over";
    ana.say("late");
    await pass(10_000);
    expect(ana.sent.filter(({ kind }) => kind === "message")).toHaveLength(1);
  });
});
