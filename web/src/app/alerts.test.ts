// What a visitor who looks elsewhere is told.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { PlainBoard } from "../testing/board.ts";
import { Alerts } from "./alerts.ts";

let board: PlainBoard;
let alerts: Alerts;
let now = 0;
const bell = { wake: vi.fn(), ring: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  now = 0;
  board = new PlainBoard();
  alerts = new Alerts(board, () => bell, () => now);
});

describe("news", () => {
  it("while the page is in sight are nothing", () => {
    alerts.tell("match");
    expect([board.state.unseen, bell.ring.mock.calls]).toEqual([0, []]);
  });

  it("while it is hidden are counted and rung, until it is shown", () => {
    board.dispatch({ type: "shown", shown: false });
    alerts.tell("match");
    alerts.tell("message");
    alerts.tell("end");
    expect(board.state.unseen).toBe(3);
    expect(bell.ring).toHaveBeenCalledTimes(2); // the message came with the match
    board.dispatch({ type: "shown", shown: true });
    expect(board.state.unseen).toBe(0);
  });

  it("of a partner who writes a lot ring now and then", () => {
    board.dispatch({ type: "shown", shown: false });
    for (; now < 10_000; now += 100) alerts.tell("message");
    expect(bell.ring.mock.calls.length).toBeLessThanOrEqual(7);
    expect(board.state.unseen).toBe(100);
  });

  it("make no sound if that is switched off, and none is prepared", () => {
    board.dispatch({ type: "settings", settings: { sounds: false } });
    board.dispatch({ type: "shown", shown: false });
    alerts.touched();
    alerts.tell("match");
    expect([bell.wake.mock.calls, bell.ring.mock.calls, board.state.unseen]).toEqual([[], [], 1]);
  });
});
