// Pauses, a panic, and the report of a partner that we have left, in the reducer. Events are one second apart.

import { describe, expect, it } from "vitest";

import type { MatchedArgs, Pause, WelcomeArgs } from "../contract.ts";
import { told, welcome as welcomed } from "../testing/board.ts";
import type { StateEvent, TimedEvent } from "./events.ts";
import { wantsMedia } from "./last.ts";
import { REPORT_WINDOW_MS, type State } from "./model.ts";
import { isReportable } from "./parted.ts";
import { isPaused } from "./pause.ts";
import { isCounting } from "./tick.ts";
import { first, update } from "./update.ts";

const VIDEO: Pause = { retry_after_s: 540, reason: "nudity", open: ["text"], whose: "visit" };
const ALL: Pause = { retry_after_s: 60, reason: "hate", open: [], whose: "visit" };
const FROZEN: Pause = { reason: "frozen", open: [], whose: "server" };
const SEARCH: StateEvent = { type: "search", mode: "video", anyone: false };
const TEXT: StateEvent = { type: "search", mode: "text", anyone: false };
const STOP: StateEvent = { type: "stop" };
const PANIC: StateEvent = { type: "panic" };
const TICK: StateEvent = { type: "tick" };

const welcome = (part: Partial<WelcomeArgs> = {}): StateEvent => ({ type: "welcome", args: { ...welcomed(), ...part } });
const matched = (chat: string, part: Partial<MatchedArgs> = {}): StateEvent => ({ type: "matched", args: told(chat, "theirs", { mode: "video", ...part }) });
const sealed: StateEvent = { type: "sealed", chat: "a", emoji: [1, 2, 3, 4] };
const ended: StateEvent = { type: "ended", chat: "a", reason: "left" };
const paused = (pause: Pause | null): StateEvent => ({ type: "paused", pause });
const refused = (pause: Pause): StateEvent => ({ type: "refused", code: "paused", retryInMs: null, pause });
const reported: StateEvent = { type: "reported", chat: "a", reason: "minor" };

const then = (state: State, event: StateEvent, inMs = 1000): State => update(state, { ...event, at: state.now + inMs } as TimedEvent);
const after = (...events: readonly StateEvent[]): State => events.reduce((state, event) => then(state, event), first(0));
const chatting = (...more: readonly StateEvent[]): State => after(welcome(), SEARCH, matched("a"), sealed, ...more);

describe("a pause", () => {
  it("is told by `welcome`, by a refused search, by an event and by a connection that is not let in", () => {
    const trouble: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 300_000, code: "paused", pause: VIDEO } };
    const told = [after(welcome({ paused: VIDEO })), after(welcome(), SEARCH, refused(VIDEO)), after(welcome(), paused(VIDEO)), after(trouble)];
    for (const { pause, now, screen } of told) {
      expect([screen, pause]).toEqual(["landing", { reason: "nudity", open: ["text"], whose: "visit", until: now + 540_000 }]);
    }
  });

  it("closes the modes that are not open", () => {
    const modes = (pause: Pause) => [isPaused(after(paused(pause)), "video"), isPaused(after(paused(pause)), "text")];
    expect([modes(VIDEO), modes(ALL)]).toEqual([[true, false], [true, true]]);
    expect(isPaused(after(welcome()), "video")).toBe(false);
  });

  it("without a known end stays until the server lifts it", () => {
    const state = then(after(paused(FROZEN)), TICK, 10_000_000);
    expect(state.pause?.until).toBeNull();
    expect(then(state, paused(null))).toMatchObject({ pause: null, notice: { code: "reopened" } });
  });

  it("takes back the word that one is over", () => {
    const lifted = after(welcome(), paused(ALL), paused(null));
    expect(lifted.notice).toEqual({ code: "forgiven" });
    const trouble: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 300_000, code: "paused", pause: VIDEO } };
    for (const anew of [paused(FROZEN), welcome({ paused: VIDEO }), trouble]) expect(then(lifted, anew).notice).toBeNull();
  });

  it("leaves no `again` waiting that it closes, nor a camera for it", () => {
    const asked = chatting(ended, { type: "stop" }, { type: "again", chat: "a" });
    expect(wantsMedia(asked)).toBe(true);
    for (const told of [paused(FROZEN), welcome({ paused: VIDEO, resumed: { state: "idle" } })]) {
      const state = then(asked, told);
      expect(state.last).toMatchObject({ again: "offered", refusal: "paused" });
      expect(wantsMedia(state)).toBe(false);
    }
  });

  it("that is lifted lets us ask again at once", () => {
    const state = chatting(ended, { type: "again", chat: "a" }, { type: "again_reply", chat: "a", code: "paused", retryInMs: null, pause: ALL }, paused(null));
    expect(state.last).toMatchObject({ again: "offered", refusal: null, retryAt: null });
  });

  it("ends by our own clock, says so, and searches for nobody", () => {
    const state = after(welcome(), paused(ALL));
    expect(isCounting(state)).toBe(true);
    expect(then(state, TICK, 59_999).pause).not.toBeNull();
    expect(then(state, TICK, 60_000)).toMatchObject({ pause: null, notice: { code: "pause_over" }, screen: "landing", search: null });
  });

  it("of video ends without a word in a text chat", () => {
    const state = after(welcome({ paused: VIDEO }), TEXT, matched("a", { mode: "text" }));
    expect(then(state, TICK, 540_000)).toMatchObject({ pause: null, notice: null, screen: "chat" });
  });

  it("that is lifted is told wherever we are, and nothing is told if there was none", () => {
    expect(chatting(paused(VIDEO), paused(null)).notice).toEqual({ code: "forgiven" });
    const calm = chatting();
    expect(then(calm, paused(null))).toBe(calm);
  });

  it("that a new `welcome` no longer tells is lifted", () => {
    expect(after(welcome({ paused: ALL }), welcome())).toMatchObject({ pause: null, notice: { code: "forgiven" } });
    expect(after(welcome(), welcome()).notice).toBeNull();
  });

  it("ends a search that it closes, and no other", () => {
    expect(after(welcome(), SEARCH, paused(VIDEO))).toMatchObject({ screen: "landing", search: null });
    expect(after(welcome(), { type: "prepare" }, paused(VIDEO)).screen).toBe("landing");
    expect(after(welcome(), TEXT, paused(VIDEO))).toMatchObject({ screen: "searching", search: { mode: "text" } });
    expect(after(welcome(), TEXT, paused(ALL)).screen).toBe("landing");
  });

  it("leaves a chat alone that goes on", () => expect(chatting(paused(ALL)).chat?.ended).toBeNull());

  it("that refuses `next` comes to the first screen without the chat, and needs no camera", () => {
    const state = chatting(SEARCH, refused(VIDEO));
    expect([state.screen, state.chat, state.search, wantsMedia(state)]).toEqual(["landing", null, null, false]);
  });

  it("that refuses `again` offers it later and tells the pause", () => {
    const state = chatting(ended, { type: "again", chat: "a" }, { type: "again_reply", chat: "a", code: "paused", retryInMs: null, pause: ALL });
    expect(state.pause?.reason).toBe("hate");
    expect(state.last).toMatchObject({ again: "offered", refusal: "paused", retryAt: state.now + 60_000 });
    expect(then(state, TICK, 60_000).last).toMatchObject({ again: "offered", refusal: null, retryAt: null });
  });

  it("of an address that is not let in leaves no chat and no search behind", () => {
    const trouble: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 300_000, code: "paused", pause: { ...ALL, reason: "blocked" } } };
    expect(chatting(trouble)).toMatchObject({ screen: "landing", chat: null, search: null, last: null, connection: { code: "paused" } });
    expect(after(welcome(), SEARCH, trouble)).toMatchObject({ screen: "landing", search: null });
  });

  it("for a reason of a newer server is called mixed", () => {
    expect(after(paused({ ...ALL, reason: "boredom" as Pause["reason"] })).pause?.reason).toBe("mixed");
  });
});

describe("an `again` that the server took and could not make", () => {
  it("is offered anew", () => {
    const state = chatting(ended, { type: "again", chat: "a" }, { type: "again_reply", chat: "a", code: null, retryInMs: null });
    const failed = then(state, { type: "again_reply", chat: "a", code: "internal", retryInMs: null });
    expect(failed.last).toMatchObject({ again: "offered", refusal: "internal" });
  });
});

describe("a panic", () => {
  it("leaves nothing of the chat on the page", () => {
    const state = chatting({ type: "text", chat: "a", n: 0, text: "hi" }, { type: "typing", chat: "a", on: true }, { type: "hidden_news" }, PANIC);
    expect(state).toMatchObject({ screen: "gone", chat: null, search: null, last: null, notice: null, unseen: 0, confirm: null });
    expect(wantsMedia(state)).toBe(false);
  });

  it("takes in nothing late", () => {
    const state = chatting(PANIC);
    for (const late of [matched("a"), matched("b"), ended, { type: "text", chat: "a", n: 1, text: "late" } as const, { type: "searching", args: { since_s: 0, widened: false } } as const]) {
      expect(then(state, late)).toMatchObject({ screen: "gone", chat: null, search: null });
    }
  });

  it("ends a search, too", () => expect(after(welcome(), SEARCH, PANIC)).toMatchObject({ screen: "gone", search: null, parted: null }));
  it("leads back to the first screen", () => expect(chatting(PANIC, STOP).screen).toBe("landing"));
});

describe("the partner that we have left", () => {
  it.each([["next", SEARCH], ["stop", STOP], ["a panic", PANIC]] as const)("by %s can be reported for a minute", (_, leave) => {
    const state = chatting(leave);
    expect(state.parted).toMatchObject({ chat: { id: "a", reported: null }, until: state.now + REPORT_WINDOW_MS });
    expect(isCounting(state)).toBe(true);
    expect(then(state, TICK, REPORT_WINDOW_MS - 1).parted).not.toBeNull();
    expect(then(state, TICK, REPORT_WINDOW_MS).parted).toBeNull();
  });

  it("after the chat was over has what is left of the minute", () => {
    const over = chatting(ended);
    const left = then(over, STOP, 40_000);
    expect(left.parted?.until).toBe(over.now + REPORT_WINDOW_MS);
    expect(then(over, STOP, REPORT_WINDOW_MS).parted).toBeNull();
  });

  it("is forgotten with a new chat, as the server forgets, and with a new session", () => {
    expect(chatting(SEARCH, matched("b")).parted).toBeNull();
    expect(chatting(STOP, welcome()).parted).toBeNull();
    expect(chatting(STOP, welcome({ resumed: { state: "idle" } })).parted).not.toBeNull();
  });

  it("once reported is not asked for again, and what was written can be kept for another minute", () => {
    const state = chatting({ type: "text", chat: "a", n: 0, text: "hi" }, STOP, reported);
    expect(state.last).toBeNull();
    expect(state.parted).toMatchObject({ chat: { reported: "minor", texts: [{ text: "hi" }] }, until: state.now + REPORT_WINDOW_MS });
  });

  it("and reported in the chat is remembered as reported, for the file alone", () => {
    const { parted } = chatting(reported, STOP);
    expect(parted).toMatchObject({ chat: { id: "a", reported: "minor" } });
    expect(parted !== null && isReportable(parted.chat, 0)).toBe(false);
  });

  it("is not remembered if our session was lost", () => expect(chatting(welcome(), STOP).parted).toBeNull());
});

describe("the report of a chat that is shown", () => {
  const can = (state: State, inMs = 0) => state.chat !== null && isReportable(state.chat, state.now + inMs);

  it("is possible while it goes on and for a minute after", () => {
    expect(can(chatting(), 3_600_000)).toBe(true);
    expect([can(chatting(ended), REPORT_WINDOW_MS - 1), can(chatting(ended), REPORT_WINDOW_MS)]).toEqual([true, false]);
    expect(can(chatting(reported))).toBe(false);
  });

  it("is not possible if our session was lost, since the server knows it no more", () => expect(can(chatting(welcome()))).toBe(false));
});

describe("the times of a chat", () => {
  it("are those of its events, for the file of what was written", () => {
    const { chat } = chatting({ type: "text", chat: "a", n: 0, text: "hi" }, { type: "write", chat: "a", n: 0, text: "ho" }, ended, { ...ended, reason: "lost" });
    expect([chat?.begunAt, chat?.texts.map(({ at }) => at), chat?.endedAt]).toEqual([3000, [5000, 6000], 7000]);
  });
});
