// The way on and the way out, press by press.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { AUTO_MS } from "../state/auto.ts";
import { CONFIRM_EXPIRES_MS } from "../state/model.ts";
import { NEXT_SLEEPS_MS } from "../state/next.ts";
import { PlainBoard, told, welcome } from "../testing/board.ts";
import { FlowController } from "./flow.ts";

let board: PlainBoard;
let flow: FlowController;
const go = vi.fn();
const stop = vi.fn(() => void board.dispatch({ type: "stop" }));

beforeEach(() => {
  vi.clearAllMocks();
  vi.useFakeTimers();
  board = new PlainBoard();
  flow = new FlowController(board, { go, stop });
  board.dispatch({ type: "welcome", args: welcome() });
  meet("a");
});
afterEach(() => vi.useRealTimers());

function meet(chat: string): void {
  board.dispatch({ type: "search", mode: "text", anyone: false });
  board.dispatch({ type: "matched", args: told(chat, "c") });
}

describe("Next", () => {
  it.each([0, 140, NEXT_SLEEPS_MS - 1])("%s ms after a match does nothing", (ms) => {
    vi.advanceTimersByTime(ms);
    flow.next();
    expect(go).not.toHaveBeenCalled();
  });

  it("a second after it goes on", () => {
    vi.advanceTimersByTime(NEXT_SLEEPS_MS);
    flow.next();
    expect(go).toHaveBeenCalledExactlyOnceWith("text");
  });

  it("sleeps again with each match, and also if that chat is over at once", () => {
    vi.advanceTimersByTime(5_000);
    meet("b");
    board.dispatch({ type: "ended", chat: "b", reason: "skipped" });
    vi.advanceTimersByTime(140);
    flow.next();
    expect(go).not.toHaveBeenCalled();
  });

  it("by a key asks first, unless the chat is over", () => {
    vi.advanceTimersByTime(NEXT_SLEEPS_MS);
    flow.nextByKey();
    expect([go.mock.calls.length, board.state.confirm?.what]).toEqual([0, "next"]);
    flow.nextByKey();
    expect(go).toHaveBeenCalledOnce();
    board.dispatch({ type: "ended", chat: "a", reason: "left" });
    vi.advanceTimersByTime(CONFIRM_EXPIRES_MS);
    flow.nextByKey();
    expect(go).toHaveBeenCalledTimes(2);
  });

  it("by a key sleeps, too", () => {
    flow.nextByKey();
    flow.nextByKey();
    expect(go).not.toHaveBeenCalled();
  });

  it("by itself comes once its time is over", () => {
    board.dispatch({ type: "settings", settings: { autoNext: true } });
    vi.advanceTimersByTime(NEXT_SLEEPS_MS);
    board.dispatch({ type: "ended", chat: "a", reason: "left" });
    board.dispatch({ type: "tick" });
    flow.follow();
    expect(go).not.toHaveBeenCalled();
    vi.advanceTimersByTime(AUTO_MS);
    board.dispatch({ type: "tick" });
    flow.follow();
    expect(go).toHaveBeenCalledOnce();
  });
});

describe("Esc", () => {
  it("once asks, twice stops, and then does nothing", () => {
    flow.escape();
    expect([stop.mock.calls.length, board.state.confirm?.what]).toEqual([0, "stop"]);
    for (let n = 0; n < 5; n++) flow.escape();
    expect(stop).toHaveBeenCalledOnce();
    expect([go.mock.calls.length, board.state.screen]).toEqual([0, "landing"]);
  });

  it("in a search does the same", () => {
    board.dispatch({ type: "search", mode: "text", anyone: false });
    flow.escape();
    expect(stop).not.toHaveBeenCalled();
    flow.escape();
    expect(stop).toHaveBeenCalledOnce();
  });

  it("that came before a match is no answer in the chat", () => {
    board.dispatch({ type: "search", mode: "text", anyone: false });
    flow.escape();
    board.dispatch({ type: "matched", args: told("b", "c") });
    flow.escape();
    expect(stop).not.toHaveBeenCalled();
  });

  it("after a while asks anew", () => {
    flow.escape();
    vi.advanceTimersByTime(CONFIRM_EXPIRES_MS);
    flow.escape();
    expect(stop).not.toHaveBeenCalled();
  });

  it("is no yes to the question of another key", () => {
    vi.advanceTimersByTime(NEXT_SLEEPS_MS);
    flow.nextByKey();
    flow.escape();
    flow.nextByKey();
    expect([stop.mock.calls, go.mock.calls]).toEqual([[], []]);
  });
});
