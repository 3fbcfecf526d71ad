import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Recovery, type CallPhase } from "./recovery.ts";

let did: (CallPhase | "restart")[];
let recovery: Recovery;

beforeEach(() => {
  vi.useFakeTimers();
  did = [];
  recovery = new Recovery({ phase: (phase) => void did.push(phase), restart: () => void did.push("restart") });
});

afterEach(() => void vi.useRealTimers());

function after(ms: number): typeof did {
  vi.advanceTimersByTime(ms);
  return did.splice(0);
}

describe("a connection that does not come up", () => {
  it("is unreachable after 20 s, and connected if it comes up all the same", () => {
    expect([after(19_999), after(1)]).toEqual([[], ["failed.unreachable"]]);
    recovery.follow("connected");
    expect(after(60_000)).toEqual(["connected"]);
  });

  it("is restarted when ICE has failed, and has its 20 s", () => {
    recovery.follow("failed");
    expect([after(0), after(20_000)]).toEqual([["restart"], ["failed.unreachable"]]);
  });
});

describe("a connection that breaks", () => {
  beforeEach(() => {
    recovery.follow("connected");
    after(0);
  });

  it("is restarted after 4 s, and lost after 15", () => {
    recovery.follow("disconnected");
    expect([after(3_999), after(1), after(10_999), after(1)]).toEqual([["reconnecting"], ["restart"], [], ["failed.lost"]]);
  });

  it("is not restarted when it comes back by itself", () => {
    recovery.follow("disconnected");
    after(3_000);
    recovery.follow("connected");
    expect(after(60_000)).toEqual(["connected"]);
  });

  it("counts its 15 s from the first loss, however often it changes", () => {
    recovery.follow("disconnected");
    after(5_000);
    recovery.follow("failed");
    expect([after(9_999), after(1)]).toEqual([["restart"], ["failed.lost"]]);
  });

  it("is not given up once it is back, however often it broke", () => {
    recovery.follow("disconnected");
    recovery.follow("failed");
    after(0);
    recovery.follow("connected");
    expect(after(60_000)).toEqual(["connected"]);
  });

  it("does nothing more once the call is over", () => {
    recovery.follow("disconnected");
    after(0);
    recovery.stop();
    recovery.follow("failed");
    recovery.fail("unfit");
    expect(after(60_000)).toEqual([]);
  });
});
