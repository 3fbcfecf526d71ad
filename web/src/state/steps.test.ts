// The consent ladder: what is open, how often one may ask, and that no partner can do more than the two agreed to.

import { describe, expect, it } from "vitest";

import type { Step } from "../contract.ts";
import { ASK_EVERY_MS, ASKS_MAX, canSay, heard, areStepsCounting, newSteps, refused, said, type Steps, stepOf, stepsAt, wantedOf } from "./steps.ts";

const LATER = ASK_EVERY_MS;
const open = (steps: Steps) => stepOf({ mode: "text", steps, ended: null });
const hear = (steps: Steps, word: Step, at = 0) => heard(steps, word, true, at);
/** Two who have agreed to a step: we asked at 0, the partner said yes. */
const agreed = (step: Step, max: Step = 2) => hear(said(newSteps(max), step, 0), step);

describe("a step", () => {
  it("is open once both agree, and not before", () => {
    const asked = said(newSteps(2), 1, 0);
    expect(open(asked)).toBe(0);
    expect(open(hear(asked, 1))).toBe(1);
    const theirs = hear(newSteps(2), 2);
    expect(open(theirs)).toBe(0);
    expect(open(said(theirs, 1, 0))).toBe(1);
    expect(open(said(theirs, 2, 0))).toBe(2);
  });

  it("is what both agreed to if one asks for more than the other gives", () => {
    const steps = hear(said(newSteps(2), 2, 0), 1);
    expect([open(steps), steps.own, steps.waitsUntil, steps.news]).toEqual([1, 1, null, null]);
  });

  it.each([0, 1] as const)("is never above %i if the server allows no more", (max) => {
    const both = hear(said(hear(newSteps(max), 2), 2, 0), 2);
    expect(open(both)).toBe(0);
    expect(canSay(both, 2, 0)).toBe(false);
    expect(open(agreed(1, max))).toBe(max);
    expect(hear(newSteps(max), 2).shown).toBe(max === 0 ? null : 1);
  });

  it("of a video chat is what the server allows, whatever is said; of a chat that is over there is none", () => {
    expect(stepOf({ mode: "video", steps: newSteps(1), ended: null })).toBe(1);
    expect(stepOf({ mode: "text", steps: agreed(2), ended: "left" })).toBe(0);
    expect(wantedOf({ mode: "text", steps: agreed(2), ended: "left" })).toBe(0);
  });

  it("needs our devices from our own word on, also while it waits", () => {
    expect(wantedOf({ mode: "text", steps: said(newSteps(2), 2, 0), ended: null })).toBe(2);
    expect(wantedOf({ mode: "text", steps: hear(newSteps(2), 2), ended: null })).toBe(0);
  });

  it("that both ask for at once is open without an answer", () => {
    expect(open(hear(said(newSteps(2), 1, 0), 2))).toBe(1);
  });
});

describe("going down", () => {
  it("is always possible, and what the partner agreed to before no longer counts", () => {
    const down = said(agreed(2), 0, 1);
    expect([open(down), down.theirs]).toEqual([0, 0]);
    expect(open(said(down, 1, LATER))).toBe(0);
    expect(open(hear(said(down, 1, LATER), 1, LATER))).toBe(1);
  });

  it("by the partner takes us down too, so that nothing of ours starts again by itself", () => {
    const down = hear(agreed(2), 0);
    expect([down.own, down.news]).toEqual([0, "lowered"]);
    expect(open(hear(down, 2, LATER))).toBe(0);
  });

  it("to sound keeps the sound", () => {
    expect(open(said(agreed(2), 1, 1))).toBe(1);
    expect(open(hear(agreed(2), 1))).toBe(1);
  });
});

describe("our ask", () => {
  it("that the partner declines is taken back, and said", () => {
    const steps = hear(said(newSteps(2), 1, 0), 0);
    expect([steps.own, steps.waitsUntil, steps.news]).toEqual([0, null, "declined"]);
    const more = hear(said(agreed(1), 2, LATER), 1, LATER);
    expect([open(more), more.own, more.news]).toEqual([1, 1, "declined"]);
  });

  it("that nobody answers is taken back after a minute: an old client never answers", () => {
    const asked = said(newSteps(2), 2, 5);
    expect(stepsAt(asked, ASK_EVERY_MS + 4)).toBe(asked);
    const silent = stepsAt(asked, ASK_EVERY_MS + 5);
    expect([silent.own, silent.news, areStepsCounting(silent, ASK_EVERY_MS + 5)]).toEqual([0, "silent", false]);
    expect(hear(silent, 2, ASK_EVERY_MS + 6).shown).toBe(2);
  });

  it("goes out once a minute, three times in a chat", () => {
    let steps = newSteps(2);
    for (let n = 0; n < ASKS_MAX; n++) {
      steps = said(steps, 1, n * LATER);
      expect(steps.own).toBe(1);
      steps = hear(steps, 0);
      expect(said(steps, 1, n * LATER + LATER - 1)).toBe(steps);
    }
    expect(canSay(steps, 1, 100 * LATER)).toBe(false);
    expect(open(said(hear(steps, 1, 100 * LATER), 1, 100 * LATER))).toBe(1);
  });
});

describe("the partner's ask", () => {
  it("is shown once a minute, three times in a chat", () => {
    let steps = newSteps(2);
    let shown = 0;
    for (let second = 0; second < 3600; second++) {
      for (const word of [1, 0] as const) {
        const next = hear(steps, word, second * 1000);
        if (next.shown !== null && steps.shown === null) shown++;
        steps = next;
      }
    }
    expect(shown).toBe(ASKS_MAX);
  });

  it("that we decline is gone until it is made again", () => {
    const no = refused(hear(newSteps(2), 1));
    expect([no.shown, open(no)]).toEqual([null, 0]);
    expect(hear(no, 1, LATER - 1).shown).toBeNull();
    expect(hear(no, 1, LATER).shown).toBe(1);
    expect(refused(no)).toBe(no);
  });

  it("is not shown to whoever does not want to be asked, who may still ask", () => {
    const never = heard(newSteps(2), 2, false, 0);
    expect([never.shown, never.own, never.theirAsks.count]).toEqual([null, 0, 0]);
    expect(open(said(never, 1, 0))).toBe(1);
  });

  it("that is taken back is gone", () => {
    expect(hear(hear(newSteps(2), 2), 0).shown).toBeNull();
  });

  it("does not move when the partner keeps changing its mind between sound and video", () => {
    let steps = hear(newSteps(2), 1);
    const seen = new Set<Step | null>();
    for (let n = 0; n < 1000; n++) {
      steps = hear(steps, n % 2 === 0 ? 2 : 1, n);
      seen.add(steps.shown);
    }
    expect([...seen]).toEqual([1]);
    expect(open(steps)).toBe(0);
  });

  it("that is repeated changes nothing at all", () => {
    const one = hear(newSteps(2), 2);
    expect(hear(one, 2, LATER)).toBe(one);
    const none = newSteps(2);
    expect(hear(none, 0)).toBe(none);
  });
});

it("no order of words opens what one of the two does not agree to now", () => {
  const words = [0, 1, 2] as const;
  let steps = newSteps(2);
  for (let n = 0, theirs: Step = 0; n < 20_000; n++) {
    const word = words[(n * 7919 + Math.floor(n / 5)) % 3] ?? 0;
    const { own } = steps;
    if (n % 3 === 0) steps = said(steps, word, n * 10_000);
    else steps = hear(steps, (theirs = word), n * 10_000);
    expect(open(steps)).toBeLessThanOrEqual(Math.min(steps.own, theirs));
    if (n % 3 !== 0) expect(steps.own).toBeLessThanOrEqual(own);
  }
});
