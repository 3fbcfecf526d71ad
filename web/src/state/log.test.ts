// The log's bounds: however much a stranger sends, little is held and less is shown.

import { describe, expect, it } from "vitest";

import { appended, earlier, endsRun, FIRST_SHOWN, shownOf, unread } from "./log.ts";
import type { Text } from "./model.ts";

const text = (n: number, part: Partial<Text> = {}): Text => ({ id: `theirs-${n}`, mine: false, at: n * 1_000, text: "hi", state: "received", folded: false, ...part });
const log = (count: number, part: Partial<Text> = {}) => ({ texts: Array.from({ length: count }, (_, n) => text(n, part)), dropped: 0 });

/** The log after so many more texts of this length. */
function flooded(count: number, length: number) {
  let held: ReturnType<typeof log> = log(0);
  for (let n = 0; n < count; n++) held = { ...held, ...appended(held, text(n, { text: "x".repeat(length) })) } as ReturnType<typeof log>;
  return held;
}

describe("a flood", () => {
  it("of short texts leaves the newest, and the number of the others", () => {
    const { texts, dropped } = flooded(4_000, 2);
    expect(texts.length).toBeLessThanOrEqual(3_000);
    expect(texts.length + dropped).toBe(4_000);
    expect(texts.at(-1)?.id).toBe("theirs-3999");
  });

  it("of the longest texts leaves two million characters", () => {
    const { texts, dropped } = flooded(400, 12_000);
    expect(texts.reduce((sum, each) => sum + each.text.length, 0)).toBeLessThanOrEqual(2_000_000);
    expect(texts.length + dropped).toBe(400);
  });
});

describe("what is shown", () => {
  it("is the newest 300 while the end is in sight", () => {
    expect(shownOf(FIRST_SHOWN, log(1_000), true).from).toBe(700);
    expect(shownOf(FIRST_SHOWN, log(20), true).from).toBe(0);
  });

  it("stays for whoever reads further up, within bounds", () => {
    const reading = shownOf(FIRST_SHOWN, log(400), true);
    expect(shownOf(reading, log(600), false).from).toBe(reading.from);
    expect(shownOf(reading, log(2_900), false).from).toBe(2_000);
  });

  it("grows by what is asked for, and is short again at the end", () => {
    const more = earlier(shownOf(FIRST_SHOWN, log(2_000), true), log(2_000));
    expect(more.from).toBe(1_400);
    const all = Array.from({ length: 6 }).reduce<typeof more>((shown) => earlier(shown, log(2_000)), more);
    expect(all.from).toBe(0);
    expect(shownOf(all, log(2_200), false).from, "what was asked for stays").toBe(0);
    expect(shownOf(all, log(2_200), true).from).toBe(1_900);
  });

  it("begins with what is still held", () => expect(shownOf({ from: 3, most: 900 }, { ...log(10), dropped: 50 }, false).from).toBe(50));
});

it("unread are the partner's texts alone, also when older ones are gone", () => {
  const { texts } = log(4);
  expect(unread({ texts: [...texts, text(5, { mine: true })], dropped: 0 }, 2)).toBe(2);
  expect(unread({ texts, dropped: 100 }, 102)).toBe(2);
  expect(unread({ texts, dropped: 100 }, 7)).toBe(4);
});

it("one time stands under texts of one person that came together", () => {
  expect(endsRun(text(1), text(2))).toBe(false);
  expect(endsRun(text(1), text(2, { mine: true }))).toBe(true);
  expect(endsRun(text(1), text(200))).toBe(true);
  expect(endsRun(text(1), undefined)).toBe(true);
});
