// Which way a call goes, from what browsers say of it.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type Route, routeOf, RouteWatch } from "./route.ts";

type Types = readonly [mine: string, theirs: string];

/** A report with a failed pair of other types, and the chosen one. Chromium names it at the transport, Firefox marks it. */
function report([mine, theirs]: Types, browser: "chromium" | "firefox" = "chromium"): Map<string, unknown> {
  const rows = [
    { id: "l0", type: "local-candidate", candidateType: "host" },
    { id: "l1", type: "local-candidate", candidateType: mine },
    { id: "r0", type: "remote-candidate", candidateType: "relay" },
    { id: "r1", type: "remote-candidate", candidateType: theirs },
    { id: "p0", type: "candidate-pair", localCandidateId: "l0", remoteCandidateId: "r0", state: "failed" },
    { id: "p1", type: "candidate-pair", localCandidateId: "l1", remoteCandidateId: "r1", ...(browser === "firefox" && { selected: true }) },
    { id: "t", type: "transport", ...(browser === "chromium" && { selectedCandidatePairId: "p1" }) },
  ];
  return new Map(rows.map((row) => [row.id, row]));
}

describe("the way of a call", () => {
  it.each([
    [["relay", "relay"], "relay", "relay"],
    [["host", "srflx"], "direct", "direct"],
    [["srflx", "relay"], "direct", "relay"], // the partner's relay tells it our address
    [["relay", "host"], "relay", "direct"],
    [["prflx", "prflx"], "direct", "direct"], // an address that the other side saw
  ] as const)("by %j", (types, mine, theirs) => {
    expect(routeOf(report(types))).toEqual({ mine, theirs });
    expect(routeOf(report(types, "firefox"))).toEqual({ mine, theirs });
  });

  it("is not known before a pair is chosen", () => {
    const rows = report(["relay", "relay"]);
    rows.delete("t");
    expect(routeOf(rows)).toBeNull();
    expect(routeOf(new Map())).toBeNull();
  });
});

describe("a connected call", () => {
  let rows: Map<string, unknown>;
  let told: Route[];
  let watch: RouteWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    watch = new RouteWatch({ getStats: async () => rows as unknown as RTCStatsReport }, (route) => told.push(route));
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("tells its way once, and the next one when the browser goes another", async () => {
    rows = report(["relay", "relay"]);
    watch.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([{ mine: "relay", theirs: "relay" }]);
    rows = report(["host", "host"]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(told.at(-1)).toEqual({ mine: "direct", theirs: "direct" });
  });

  it("tells nothing once it is over", async () => {
    rows = report(["relay", "relay"]);
    watch.start();
    watch.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([]);
  });
});
