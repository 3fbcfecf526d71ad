// When a stranger's link is folded, when it opens, and when a beginning looks like advertising.

import { folds } from "../text/contacts.ts";
import { describe, expect, it } from "vitest";

import { told } from "../testing/board.ts";
import type { StateEvent, TimedEvent } from "./events.ts";
import type { State } from "./model.ts";
import { opensSoon, TRUST_MS } from "./trust.ts";
import { first, update } from "./update.ts";

const LINK = "see example.com";
const LONG = "Hello you, I am so bored tonight and I would like to talk with somebody";
const MATCHED: StateEvent = { type: "matched", args: told("a", "theirs") };
const WROTE: StateEvent = { type: "write", chat: "a", n: 0, text: "hi" };
const TICK: StateEvent = { type: "tick" };
let n = 0;
const text = (said: string): StateEvent => ({ type: "text", chat: "a", n: n++, text: said, folds: folds(said) });
const alike = (likeness: number): StateEvent => ({ type: "alike", chat: "a", likeness });

/** The state after these, each so many milliseconds after the match; the chat is sealed at 100. */
function after(...events: readonly (readonly [number, StateEvent])[]): State {
  const search: StateEvent = { type: "search", mode: "text", anyone: false };
  const sealed: StateEvent = { type: "sealed", chat: "a", emoji: [1, 2, 3, 4] };
  const all = [[0, search], [0, MATCHED], [100, sealed], ...events] as const;
  return all.reduce((state, [at, event]) => update(state, { ...event, at: 1_000 + at } as TimedEvent), first(0));
}
const folded = ({ chat }: State) => chat?.texts.map((each) => each.folded);
const advert = ({ chat }: State) => chat?.trust.advert;

describe("a text with a link", () => {
  it("is folded at first, and others are not", () => expect(folded(after([500, text(LINK)], [600, text("hello")]))).toEqual([true, false]));

  it("opens by itself once the visitor has written and ten seconds have passed", () => {
    expect(folded(after([500, text(LINK)], [900, WROTE], [TRUST_MS - 1, TICK]))).toEqual([true, false]);
    expect(folded(after([500, text(LINK)], [900, WROTE], [TRUST_MS, TICK]))).toEqual([false, false]);
    expect(folded(after([500, text(LINK)], [TRUST_MS + 1, TICK]))).toEqual([true]);
    expect(folded(after([500, text(LINK)], [TRUST_MS + 1, WROTE]))).toEqual([false, false]);
  });

  it("that comes later is shown at once", () => expect(folded(after([900, WROTE], [TRUST_MS, text(LINK)]))).toEqual([false, false]));

  it("stays folded if what we wrote was too long to be sent", () => {
    expect(folded(after([500, text(LINK)], [900, { ...WROTE, n: null } as StateEvent], [TRUST_MS, TICK]))).toEqual([true, false]);
  });

  it("opens alone when it is tapped, also after the end, and nothing folds it again", () => {
    const twice = after([500, text(LINK)], [600, text(LINK)]);
    const id = twice.chat?.texts[0]?.id ?? "";
    const tapped = update(twice, { type: "unfold", id, at: 1_700 });
    expect(folded(tapped)).toEqual([false, true]);
    expect(folded(update(tapped, { ...TICK, at: 1_800 } as TimedEvent))).toEqual([false, true]);
    const over = update(twice, { type: "ended", chat: "a", reason: "left", at: 1_700 });
    expect(folded(update(over, { type: "unfold", id, at: 1_800 }))).toEqual([false, true]);
  });

  it("makes the page count only while it will open", () => {
    const opens = (...events: readonly (readonly [number, StateEvent])[]) => {
      const { chat } = after(...events);
      return chat !== null && opensSoon(chat);
    };
    expect(opens([500, text(LINK)])).toBe(false);
    expect(opens([500, text(LINK)], [600, WROTE])).toBe(true);
    expect(opens([500, text("hello")], [600, WROTE])).toBe(false);
  });

  it("keeps its words", () => expect(after([500, text(LINK)]).chat?.texts[0]?.text).toBe(LINK));
});

describe("it looks like advertising", () => {
  it("with a link in the first two texts, and not in the third", () => {
    expect(advert(after([2_000, text(LINK)]))).toBe("shown");
    expect(advert(after([2_000, text("hi")], [2_100, text(LINK)]))).toBe("shown");
    expect(advert(after([2_000, text("hi")], [2_100, text("you?")], [2_200, text(LINK)]))).toBe("none");
  });

  it("with a link further on or words a little less alike, if the first text was pasted at once", () => {
    expect(advert(after([350, text(LONG)], [900, text("hi")], [950, text(LINK)]))).toBe("shown");
    expect(advert(after([350, text(LONG)], [360, alike(0.6)]))).toBe("shown");
    expect(advert(after([450, text(LONG)], [460, alike(0.6)]))).toBe("none");
  });

  it("never because a text was pasted at once", () => {
    expect(advert(after([150, text(LONG)]))).toBe("none");
    expect(advert(after([150, text(LONG)], [160, alike(0.5)]))).toBe("none");
  });

  it("with the words of another stranger", () => {
    expect(advert(after([2_000, text(LONG)], [2_000, alike(0.8)]))).toBe("shown");
    expect(advert(after([2_000, text(LONG)], [2_000, alike(0.79)]))).toBe("none");
  });

  it("is told once: closed stays closed", () => {
    expect(advert(after([500, text(LINK)], [600, { type: "advert_closed" }], [700, text(LINK)], [700, alike(1)]))).toBe("closed");
  });

  it("is not told of a link that the visitor asked for", () => expect(advert(after([900, WROTE], [TRUST_MS, text(LINK)]))).toBe("none"));
});
