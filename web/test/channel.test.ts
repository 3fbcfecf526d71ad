import { beforeEach, describe, expect, it, vi } from "vitest";

import { Channel, type Delivery } from "../src/channel/channel.ts";
import type { Answer } from "../src/channel/link.ts";

type Event = "message" | "signal";
const LIMITS = { message: 16_384, signal: 49_152 };
const REFUSED = (code: "rate_limited" | "partner_away" | "link" | "internal" | "chat_over"): Answer => ({ ok: false, code, message: "" });

/** One side of a chat over a relay that the test can break. */
class Side {
  readonly texts: string[] = [];
  readonly deliveries: (readonly [number, Delivery])[] = [];
  readonly sent: string[] = [];
  partner: Side | null = null;
  /** What the relay answers; `lose` takes the item and lets it fall. */
  fate: (event: Event) => Answer | "lose" | "pass" = () => "pass";

  readonly channel = new Channel(
    "chat",
    { message: (_chat, data) => this.relay("message", data), signal: (_chat, data) => this.relay("signal", data) },
    {
      received: (content) => {
        if (content.kind === "text") this.texts.push(content.body.text);
      },
      textChanged: (n, delivery) => this.deliveries.push([n, delivery]),
    },
    LIMITS,
  );

  say(text: string): number | null {
    return this.channel.send("text", { text });
  }

  private async relay(event: Event, data: string): Promise<Answer> {
    const fate = this.fate(event);
    await Promise.resolve();
    if (typeof fate === "object") return fate;
    this.sent.push(data);
    if (fate === "pass") this.partner?.channel.receive(event, data);
    return { ok: true };
  }
}

let alice: Side;
let bob: Side;
const settle = (ms = 3_000) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  alice = new Side();
  bob = new Side();
  alice.partner = bob;
  bob.partner = alice;
});

describe("a text", () => {
  it("arrives in order, and the writer learns that it was sent and received", async () => {
    alice.say("one");
    alice.say("two");
    await settle();
    expect(bob.texts).toEqual(["one", "two"]);
    expect(alice.deliveries).toEqual([[0, "sent"], [1, "sent"], [0, "delivered"], [1, "delivered"]]);
  });

  it("waits while paused and goes at resume", async () => {
    alice.channel.pause();
    alice.say("one");
    alice.say("two");
    await settle();
    expect(bob.texts).toEqual([]);
    alice.channel.resume();
    await settle();
    expect(bob.texts).toEqual(["one", "two"]);
  });

  it.each(["rate_limited", "partner_away"] as const)("refused with %s goes again by itself, in order", async (code) => {
    let refusals = 1;
    alice.fate = () => (refusals-- > 0 ? REFUSED(code) : "pass");
    alice.say("one");
    alice.say("two");
    await settle();
    expect(bob.texts).toEqual(["one", "two"]);
  });

  it("taken but lost with the partner's link comes with the receipts after it", async () => {
    alice.fate = () => "lose";
    alice.say("lost");
    await settle();
    alice.fate = () => "pass";
    alice.channel.pause();
    bob.channel.pause();
    bob.channel.resume();
    alice.channel.resume();
    await settle();
    expect(bob.texts).toEqual(["lost"]);
  });

  it("lost in the middle is asked for, once, and nothing comes twice", async () => {
    let n = 0;
    alice.fate = (event) => (event === "message" && n++ === 1 ? "lose" : "pass");
    for (const text of ["one", "two", "three", "four"]) alice.say(text);
    await settle();
    expect(bob.texts).toEqual(["one", "two", "three", "four"]);
    expect(bob.sent.filter((data) => data.includes('"again":true'))).toHaveLength(1);
  });

  it("whose answer was lost is sent again and dropped at the receiver", async () => {
    let lostAnswers = 1;
    bob.channel.receive("message", '{"v":1,"n":0,"kind":"text","body":{"text":"one"}}');
    alice.fate = () => (lostAnswers-- > 0 ? REFUSED("link") : "pass");
    alice.say("one");
    await settle();
    expect(bob.texts).toEqual(["one"]);
  });

  it("refused for good fails, and those after it still go", async () => {
    let first = true;
    alice.fate = (event) => {
      if (event !== "message" || !first) return "pass";
      first = false;
      return REFUSED("internal");
    };
    alice.say("bad");
    alice.say("good");
    await settle();
    expect(bob.texts).toEqual(["good"]);
    expect(alice.deliveries).toContainEqual([0, { failed: "internal" }]);
  });

  it("too long for the server is never sent", async () => {
    expect(alice.say("é".repeat(LIMITS.message / 2))).toBeNull();
    await settle();
    expect(alice.sent).toEqual([]);
  });
});

describe("a channel", () => {
  it("takes a text only as a message and the rest only as signals", async () => {
    bob.channel.receive("signal", '{"v":1,"n":0,"kind":"text","body":{"text":"a"}}');
    bob.channel.receive("message", '{"v":1,"n":0,"kind":"media","body":{"mic":true,"cam":true}}');
    expect(bob.texts).toEqual([]);
  });

  it("that is closed neither sends nor receives", async () => {
    bob.channel.close();
    alice.say("late");
    expect(bob.say("late")).toBeNull();
    await settle();
    expect(bob.texts).toEqual([]);
  });

  it("is not confused by a receipt for what was never sent", async () => {
    alice.channel.receive("signal", '{"v":1,"kind":"receipt","body":{"message":99,"signal":99,"again":true}}');
    alice.say("one");
    await settle();
    expect(bob.texts).toEqual(["one"]);
  });
});
