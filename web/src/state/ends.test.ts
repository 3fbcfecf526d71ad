// What ends a chat from outside: the page is left, or the partner turns out to be another tab of this browser.

import { describe, expect, it } from "vitest";

import type { MatchedArgs } from "../contract.ts";
import { told, welcome as welcomed } from "../testing/board.ts";
import type { StateEvent, TimedEvent } from "./events.ts";
import type { State } from "./model.ts";
import { first, update } from "./update.ts";

const welcome = (): StateEvent => ({ type: "welcome", args: welcomed() });
const matched = (chat: string, part: Partial<MatchedArgs> = {}): StateEvent => ({ type: "matched", args: told(chat, "theirs", part) });
const SEARCH: StateEvent = { type: "search", mode: "text", anyone: false };
const ended = (chat: string, reason: "left" | "skipped" = "left"): StateEvent => ({ type: "ended", chat, reason });
const then = (state: State, event: StateEvent): State => update(state, { ...event, at: state.now + 1000 } as TimedEvent);
const after = (...events: readonly StateEvent[]): State => events.reduce(then, first(0));
const chatting = (...more: readonly StateEvent[]) => after(welcome(), SEARCH, matched("a"), ...more);

describe("a page that is left, and brought back by the browser", () => {
  const left: StateEvent = { type: "page_left" };

  it("tells why its chat is over, and offers nobody: the server knows neither of them any more", () => {
    const state = then(chatting(left), welcome());
    expect([state.chat?.ended, state.last]).toEqual(["page_left", null]);
    expect(then(chatting({ type: "write", chat: "a", n: 0, text: "never went" }), left).chat?.texts[0]?.state).toEqual({ failed: "chat_over" });
  });

  it("changes nothing of a chat that was over, nor without one", () => {
    expect(chatting(ended("a"), left).chat?.ended).toBe("left");
    const idle = after(welcome());
    expect(then(idle, left)).toBe(idle);
  });
});

describe("a partner that was another tab of this browser", () => {
  const yourself: StateEvent = { type: "yourself", chat: "a" };

  it("is no stranger: the search goes on, says so, and offers nobody again", () => {
    for (const state of [chatting(yourself), chatting(ended("a", "skipped"), yourself), after(welcome(), SEARCH, yourself)]) {
      expect([state.screen, state.chat, state.last, state.parted, state.notice]).toEqual(["searching", null, null, null, { code: "yourself" }]);
      expect(then(state, matched("a")).chat).toBeNull();
      expect(then(state, matched("b")).chat?.id).toBe("b");
    }
  });

  it("is nobody after we stopped, or in another chat", () => {
    expect(after(welcome(), SEARCH, { type: "stop" }, yourself)).toMatchObject({ screen: "landing", notice: null });
    expect(chatting({ type: "yourself", chat: "z" }).chat?.id).toBe("a");
  });
});
