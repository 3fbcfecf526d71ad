import { describe, expect, it } from "vitest";

import { qualityOf, type Sample, sampleOf } from "./quality.ts";

const START: Sample = { received: 0, lost: 0, jitterS: null, sentLoss: null, rttS: null, relayed: false, availableBps: null };
const GOOD: Sample = { ...START, received: 1_000, jitterS: 0.01, sentLoss: 0, rttS: 0.05 };

const of = (changes: Partial<Sample>) => qualityOf(START, { ...GOOD, ...changes });

describe("the quality", () => {
  it("is good while all comes soon", () => {
    expect(of({})).toEqual({ bars: 4, cause: null });
  });

  it("is good as long as nothing is told", () => {
    expect(qualityOf(START, START)).toEqual({ bars: 4, cause: null });
  });

  it("has no cause to tell while it is fair", () => {
    expect(of({ rttS: 0.3 })).toEqual({ bars: 3, cause: null });
  });

  it.each([
    ["theirs", { lost: 150 }],
    ["theirs", { jitterS: 0.3 }],
    ["yours", { sentLoss: 0.15 }],
    ["way", { lost: 150, sentLoss: 0.15 }],
    ["way", { rttS: 0.9 }],
    ["relay", { rttS: 0.9, relayed: true }],
    ["yours", { sentLoss: 0.15, relayed: true }],
  ] as const)("is weak on the side of %s", (cause, changes) => {
    const told = of(changes);
    expect(told.cause).toBe(cause);
    expect(told.bars).toBeLessThan(3);
  });

  it("has no bar when a third is lost", () => {
    expect(of({ lost: 500 }).bars).toBe(0);
  });

  it("counts since the last look alone, and a late packet is no loss", () => {
    const bad = { ...GOOD, lost: 500 };
    expect(qualityOf(bad, { ...bad, received: 2_000 }).bars).toBe(4);
    expect(qualityOf(bad, { ...bad, received: 2_000, lost: 498 }).bars).toBe(4);
  });
});

describe("the statistics", () => {
  const rows = [
    { type: "inbound-rtp", kind: "audio", packetsReceived: 10, packetsLost: 1, jitter: 0.01 },
    { type: "inbound-rtp", kind: "video", packetsReceived: 90, packetsLost: 2, jitter: 0.04 },
    { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.25, roundTripTime: 0.3 },
    { id: "other", type: "candidate-pair", currentRoundTripTime: 9, localCandidateId: "l", remoteCandidateId: "r" },
    { id: "pair", type: "candidate-pair", currentRoundTripTime: 0.1, availableOutgoingBitrate: 500_000, localCandidateId: "l", remoteCandidateId: "r" },
    { id: "l", type: "local-candidate", candidateType: "host" },
    { id: "r", type: "remote-candidate", candidateType: "relay" },
  ];

  it("of Chromium name the pair in the transport", () => {
    const sample = sampleOf([...rows, { type: "transport", selectedCandidatePairId: "pair" }]);
    expect(sample).toEqual({ received: 100, lost: 3, jitterS: 0.04, sentLoss: 0.25, rttS: 0.1, relayed: true, availableBps: 500_000 });
  });

  it("of Firefox mark the pair", () => {
    const marked = rows.map((row) => (row.id === "pair" ? { ...row, selected: true } : row));
    expect(sampleOf(marked).rttS).toBe(0.1);
  });

  it("that tell little give a sample all the same", () => {
    expect(sampleOf([{ type: "inbound-rtp", packetsReceived: "many" }])).toEqual(START);
  });
});
