// What covers a picture, and what clears it.

import { describe, expect, it } from "vitest";

import { ALARM_FROM, CALM_BELOW, judge, riskOf, UNSEEN, type Verdict } from "./verdict.ts";

const CALM = 0.1;
const ALARM = 0.9;
const BETWEEN = 0.4;
const MUSH = null;

/** The verdict after these frames, one each second. */
function after(frames: readonly (number | null)[], from: Verdict = UNSEEN, at = 0): Verdict {
  return frames.reduce<Verdict>((verdict, risk, n) => judge(verdict, risk, at + n * 1_000), from);
}

const CLEAR = after([CALM, CALM, CALM]);

describe("a new partner's picture", () => {
  it("is covered", () => expect(UNSEEN).toMatchObject({ covered: true, why: "new", alarms: 0 }));
  it("clears at the third calm frame", () => {
    expect(after([CALM, CALM]).covered).toBe(true);
    expect(CLEAR.covered).toBe(false);
  });
  it("needs them in a row", () => {
    expect(after([CALM, CALM, BETWEEN, CALM, CALM]).covered).toBe(true);
    expect(after([CALM, CALM, BETWEEN, CALM, CALM, CALM]).covered).toBe(false);
  });
  it("is not cleared by mush, however much, nor kept from it", () => {
    expect(after(Array<null>(50).fill(MUSH)).covered).toBe(true);
    expect(after([CALM, MUSH, CALM, MUSH, CALM]).covered).toBe(false);
  });
});

describe("a clear picture", () => {
  it("is covered by one alarm, at once", () => expect(judge(CLEAR, ALARM_FROM, 9_000)).toMatchObject({ covered: true, why: "alarm", alarms: 1 }));
  it("stays as it is between calm and alarm", () => {
    expect(after([BETWEEN, CALM_BELOW, 0.499], CLEAR).covered).toBe(false);
  });
  it("is covered again after three seconds of mush, and by no less", () => {
    expect(after([MUSH, MUSH, MUSH], CLEAR).covered).toBe(false);
    expect(after([MUSH, MUSH, MUSH, MUSH], CLEAR)).toMatchObject({ covered: true, why: "mush", alarms: 0 });
    expect(after([MUSH, MUSH, CALM, MUSH, MUSH, MUSH], CLEAR).covered).toBe(false);
  });
  it("clears three calm frames after mush", () => {
    const mush = after([MUSH, MUSH, MUSH, MUSH], CLEAR);
    expect(after([CALM, CALM], mush, 9_000).covered).toBe(true);
    expect(after([CALM, CALM, CALM], mush, 9_000).covered).toBe(false);
  });
});

describe("after an alarm", () => {
  const alarmed = judge(CLEAR, ALARM, 0);
  it("six calm frames clear", () => {
    expect(after(Array<number>(5).fill(CALM), alarmed).covered).toBe(true);
    expect(after(Array<number>(6).fill(CALM), alarmed).covered).toBe(false);
  });
  it("frames that alternate never clear, and are one alarm", () => {
    expect(after([CALM, ALARM, CALM, CALM, ALARM, CALM, CALM, CALM, ALARM], alarmed)).toMatchObject({ covered: true, alarms: 1 });
  });
  it("an alarm that covers a cleared picture again is the second", () => {
    expect(after([...Array<number>(6).fill(CALM), ALARM], alarmed).alarms).toBe(2);
  });
  it("a first frame that alarms counts, too", () => expect(judge(UNSEEN, ALARM, 0)).toMatchObject({ covered: true, why: "alarm", alarms: 1 }));
  it("an alarm under the cover of mush counts", () => {
    const mush = after([MUSH, MUSH, MUSH, MUSH], CLEAR);
    expect(judge(mush, ALARM, 9_000)).toMatchObject({ why: "alarm", alarms: 1 });
  });
});

describe("the risk of a frame", () => {
  it("is porn, drawn porn, and half of what is merely sexy", () => expect(riskOf([0.1, 0.2, 0.1, 0.3, 0.3])).toBeCloseTo(0.65));
  it("is an alarm if the model computed no number", () => {
    expect(riskOf([NaN, NaN, NaN, NaN, NaN])).toBeGreaterThanOrEqual(ALARM_FROM);
    expect(riskOf([])).toBeGreaterThanOrEqual(ALARM_FROM);
  });
});
