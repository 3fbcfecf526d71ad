// Auto-next by time: when its countdown begins, rests and ends.

import { describe, expect, it } from "vitest";

import type { EndReason } from "../contract.ts";
import { told, welcome } from "../testing/board.ts";
import { autoLeftMs, AUTO_MS, AWAY_MS, isAutoDue } from "./auto.ts";
import type { StateEvent, TimedEvent } from "./events.ts";
import type { State } from "./model.ts";
import { isCounting } from "./tick.ts";
import { first, update } from "./update.ts";

const TICK: StateEvent = { type: "tick" };
const ON: StateEvent = { type: "settings", settings: { autoNext: true } };
const AWAY: StateEvent = { type: "partner", chat: "a", state: "away" };
const hide = (hidden: boolean): StateEvent => ({ type: "shown", shown: !hidden });
const ended = (reason: EndReason = "left"): StateEvent => ({ type: "ended", chat: "a", reason });
const then = (state: State, event: StateEvent, inMs = 0): State => update(state, { ...event, at: state.now + inMs } as TimedEvent);

/** In a sealed text chat, five seconds after its begin, after these events. */
function chatting(...events: readonly StateEvent[]): State {
  const mode = "text" as const;
  const begin: StateEvent[] = [{ type: "welcome", args: welcome() }, ON, { type: "search", mode, anyone: false }, { type: "matched", args: told("a", "c") }, { type: "sealed", chat: "a", emoji: [0, 1, 2, 3] }];
  return events.reduce((state, event) => then(state, event), then(begin.reduce((state, event) => then(state, event), first(0)), TICK, 5_000));
}

describe("the next search", () => {
  it.each(["left", "skipped", "lost"] as const)("is due some seconds after the partner's end: %s", (reason) => {
    const over = chatting(ended(reason));
    expect(autoLeftMs(over)).toBe(AUTO_MS);
    expect(isCounting(over)).toBe(true);
    expect(isAutoDue(then(over, TICK, AUTO_MS - 1))).toBe(false);
    expect(isAutoDue(then(over, TICK, AUTO_MS))).toBe(true);
  });

  it.each([
    ["unless it is switched on", [{ type: "settings", settings: { autoNext: false } }, ended()]],
    ["once it is switched off meanwhile", [ended(), { type: "settings", settings: { autoNext: false } }]],
    ["while the chat goes on", []],
    ["after moderation", [ended("moderated")]],
    ["after the server's close", [ended("drained")]],
    ["after our report", [{ type: "reported", chat: "a", reason: "spam" }]],
    ["after their end and our report", [ended(), { type: "reported", chat: "a", reason: "spam" }]],
    ["after our stop", [{ type: "stop" }]],
    ["after their end and our stop", [ended(), { type: "stop" }]],
    ["after a panic", [ended(), { type: "panic" }]],
    ["once we ask for the same person again", [ended(), { type: "again", chat: "a" }]],
    ["while we are paused", [ended(), { type: "paused", pause: { reason: "nudity", retry_after_s: 600, open: [], whose: "visit" } }]],
    ["after a fault of the seal", [{ type: "seal_fault", chat: "a", fault: "seal_broken" }]],
    ["without a connection", [ended(), { type: "trouble", trouble: { kind: "lost", retryInMs: 500, code: null } }]],
  ] as const)("never begins by itself %s", (_, events) => {
    const state = chatting(...(events as readonly StateEvent[]));
    expect(isAutoDue(then(state, TICK, 10 * AUTO_MS))).toBe(false);
  });

  it("never begins while the browser denies both devices, in a video chat", () => {
    const video = chatting({ type: "search", mode: "video", anyone: false }, { type: "matched", args: told("b", "c", { mode: "video" }) }, { type: "media", media: { mic: false, cam: false, camFault: "denied", micFault: "denied" } });
    const over = then(video, { type: "ended", chat: "b", reason: "left" });
    expect(autoLeftMs(over)).toBeNull();
    expect(autoLeftMs(then(over, { type: "media", media: { mic: true, cam: true } }))).toBe(AUTO_MS);
  });
});

describe("the countdown", () => {
  it("rests while the page is hidden, and goes on with what was left", () => {
    const hidden = then(then(chatting(ended()), TICK, 2_000), hide(true));
    const later = then(hidden, TICK, 3_600_000);
    expect([autoLeftMs(later), isAutoDue(later)]).toEqual([AUTO_MS - 2_000, false]);
    const shown = then(later, hide(false));
    expect(isAutoDue(then(shown, TICK, AUTO_MS - 2_001))).toBe(false);
    expect(isAutoDue(then(shown, TICK, AUTO_MS - 2_000))).toBe(true);
  });

  it("is whole when the chat ended behind our back", () => {
    const shown = then(then(chatting(hide(true), ended()), TICK, 60_000), hide(false));
    expect([autoLeftMs(shown), isAutoDue(shown)]).toEqual([AUTO_MS, false]);
  });

  it("ends for good when the visitor stays, even if more happens", () => {
    const stays = then(chatting(ended()), { type: "stay" });
    for (const event of [TICK, hide(true), hide(false), ON]) expect(isAutoDue(then(then(stays, event), TICK, 60_000))).toBe(false);
    expect(autoLeftMs(stays)).toBeNull();
  });

  it("is another one in the next chat", () => {
    const next = [{ type: "search", mode: "text", anyone: false }, { type: "matched", args: told("b", "c") }, { type: "ended", chat: "b", reason: "left" }] as const;
    const over = next.reduce<State>((state, event) => then(state, event), chatting(ended(), { type: "stay" }));
    expect(autoLeftMs(over)).toBe(AUTO_MS);
  });
});

describe("a partner who is away", () => {
  it("has 15 s in all", () => {
    const away = chatting(AWAY);
    expect(autoLeftMs(then(away, TICK, AWAY_MS - 1))).toBeNull();
    const counting = then(away, TICK, AWAY_MS);
    expect([AWAY_MS + AUTO_MS, autoLeftMs(counting)]).toEqual([15_000, AUTO_MS]);
    expect(isAutoDue(then(counting, TICK, AUTO_MS))).toBe(true);
  });

  it("and comes back stops the countdown", () => {
    const back = then(then(chatting(AWAY), TICK, AWAY_MS + 1_000), { type: "partner", chat: "a", state: "back" });
    expect([autoLeftMs(back), isAutoDue(then(back, TICK, 60_000))]).toEqual([null, false]);
  });

  it("is not left while the call goes on all the same", () => {
    const calling = chatting({ type: "call", chat: "a", phase: "connected" }, AWAY);
    expect(isAutoDue(then(then(calling, TICK, AWAY_MS), TICK, 60_000))).toBe(false);
  });
});
