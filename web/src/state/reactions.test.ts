// Reactions: how many are shown, and for how long.

import { describe, expect, it } from "vitest";

import { told, welcome } from "../testing/board.ts";
import type { StateEvent, TimedEvent } from "./events.ts";
import type { State } from "./model.ts";
import { REACTION_SHOWN_MS, REACTIONS, REACTIONS_PER_S } from "./reactions.ts";
import { isCounting } from "./tick.ts";
import { first, update } from "./update.ts";

const then = (state: State, event: StateEvent, inMs = 0): State => update(state, { ...event, at: state.now + inMs } as TimedEvent);
const react = (mine: boolean, sign = 0): StateEvent => ({ type: "react", chat: "a", mine, sign });
const BEGIN: readonly StateEvent[] = [{ type: "welcome", args: welcome() }, { type: "search", mode: "text", anyone: false }, { type: "matched", args: told("a", "c") }, { type: "sealed", chat: "a", emoji: [0, 1, 2, 3] }];
const chatting = (...events: readonly StateEvent[]) => [...BEGIN, ...events].reduce((state, event) => then(state, event), first(0));
const signs = (state: State) => state.chat?.reactions.map(({ sign }) => sign);

describe("a reaction", () => {
  it("is shown for some seconds", () => {
    const state = chatting(react(false, 5), react(true, 2));
    expect([signs(state), isCounting(state)]).toEqual([[5, 2], true]);
    expect(signs(then(state, { type: "tick" }, REACTION_SHOWN_MS - 1))).toEqual([5, 2]);
    expect(signs(then(state, { type: "tick" }, REACTION_SHOWN_MS))).toEqual([]);
  });

  it("of a flood is not shown, and takes nothing of the other side's", () => {
    let state = chatting();
    for (let n = 0; n < 10_000; n++) state = then(state, react(false), 1);
    expect(state.chat?.reactions.length).toBeLessThanOrEqual(REACTIONS_PER_S * (REACTION_SHOWN_MS / 1000));
    expect(then(state, react(true)).chat?.reactions.at(-1)).toMatchObject({ mine: true });
  });

  it("has a number unlike any other that is shown", () => {
    let state = chatting();
    for (let n = 0; n < 30; n++) {
      state = then(state, react(n % 2 === 0), 250);
      const numbers = state.chat?.reactions.map(({ number }) => number) ?? [];
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });

  it.each([-1, REACTIONS.length, 0.5, NaN])("with the number %s is none", (sign) => expect(signs(chatting(react(false, sign)))).toEqual([]));

  it("of another chat or after the end is ignored", () => {
    expect(signs(chatting({ type: "react", chat: "b", mine: false, sign: 0 }))).toEqual([]);
    expect(signs(chatting({ type: "ended", chat: "a", reason: "left" }, react(false)))).toEqual([]);
  });
});
