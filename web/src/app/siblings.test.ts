// Tabs of one browser, on real BroadcastChannels.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { eventually } from "../testing/board.ts";
import { Siblings } from "./siblings.ts";

const [ONE, TWO, THREE] = ["1", "2", "3"].map((digit) => digit.repeat(43)) as [string, string, string];
let tabs: Siblings[];
const learned = vi.fn<(commit: string) => void>();

function tab(): Siblings {
  const opened = new Siblings(learned);
  opened.open();
  tabs.push(opened);
  return opened;
}

beforeEach(() => {
  tabs = [];
  learned.mockClear();
});

afterEach(() => {
  for (const each of tabs) each.close();
  vi.unstubAllGlobals();
});

describe("two tabs of one browser", () => {
  it("know each other's commitments, whichever opened first, and not their own", async () => {
    const one = tab();
    one.tell(ONE);
    const two = tab();
    two.tell(TWO);
    await eventually(() => expect([one.has(TWO), two.has(ONE)]).toEqual([true, true]));
    expect([one.has(ONE), two.has(TWO), learned.mock.calls.length]).toEqual([false, false, 2]);
  });

  it("fall silent once they know each other", async () => {
    const [one, two] = [tab(), tab()];
    one.tell(ONE);
    two.tell(TWO);
    await eventually(() => expect(learned).toHaveBeenCalledTimes(2));
    one.tell(ONE);
    one.tell(THREE);
    await eventually(() => expect(two.has(THREE)).toBe(true));
    expect(learned).toHaveBeenCalledTimes(3);
  });

  it("hear each other no more once one is closed, and again when it is back", async () => {
    const [one, two] = [tab(), tab()];
    one.close();
    two.tell(TWO);
    one.open();
    two.tell(THREE);
    await eventually(() => expect(one.has(THREE)).toBe(true));
    expect(one.has(TWO)).toBe(false);
  });
});

describe("what else may be said on the channel", () => {
  it("is ignored, and what is known stays bounded", async () => {
    const one = tab();
    const other = new BroadcastChannel("omefree");
    for (const said of [null, 1, {}, "", "x".repeat(44), "!".repeat(43), [ONE]]) other.postMessage(said);
    for (let n = 0; n < 200; n++) other.postMessage(String(n).padStart(43, "0"));
    await eventually(() => expect(one.has("199".padStart(43, "0"))).toBe(true));
    expect([learned.mock.calls.length, one.has("0".repeat(43))]).toEqual([200, false]);
    other.close();
  });
});

describe("a browser without such channels", () => {
  it.each([["none", undefined], ["a forbidden one", class { constructor() { throw new DOMException("no", "SecurityError"); } }]])("(%s) knows of no other tab", (_name, channel) => {
    vi.stubGlobal("BroadcastChannel", channel);
    const one = tab();
    one.tell(ONE);
    expect(one.has(TWO)).toBe(false);
  });
});
