// When a picture is looked at, with a clock that the test moves.

import { describe, expect, it } from "vitest";

import { type Eyes, Sampler } from "./sampler.ts";
import type { Look } from "./terms.ts";
import { UNSEEN, type Verdict } from "./verdict.ts";

/** A clock, a camera and a model that the test holds. */
class World implements Eyes {
  at = 0;
  readonly looks: { readonly at: number; readonly square: boolean }[] = [];
  readonly verdicts: Verdict[] = [];
  seen: (n: number) => Look | null = () => ({ risk: 0, ms: 50 });
  picture = true;
  private due: { readonly at: number; readonly act: () => void } | null = null;
  readonly sampler = new Sampler(this, UNSEEN, (verdict) => this.verdicts.push(verdict));

  grab(square: boolean): ArrayBuffer | null {
    this.looks.push({ at: this.at, square });
    return this.picture ? new ArrayBuffer(4) : null;
  }
  async look(): Promise<Look | null> {
    const look = this.seen(this.looks.length);
    this.at += look?.ms ?? 0;
    return look;
  }
  now(): number {
    return this.at;
  }
  later(act: () => void, ms: number): () => void {
    const due = { at: this.at + ms, act };
    this.due = due;
    return () => {
      if (this.due === due) this.due = null;
    };
  }
  /** Lets time pass until so many looks were begun. */
  async until(looks: number): Promise<number[]> {
    while (this.looks.length < looks) {
      await settled();
      if (this.due === null) break;
      const { at, act } = this.due;
      this.due = null;
      this.at = at;
      act();
    }
    await settled();
    return this.looks.map((look) => look.at);
  }
  get last(): Verdict | undefined {
    return this.verdicts.at(-1);
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function begun(change: Partial<Pick<World, "seen" | "picture">> = {}): World {
  const world = Object.assign(new World(), change);
  world.sampler.start();
  return world;
}

describe("a picture", () => {
  it("is looked at every 300 ms until it clears, then every second", async () => {
    const world = begun();
    expect(await world.until(6)).toEqual([0, 300, 600, 1_600, 2_600, 3_600]);
    expect(world.verdicts.map(({ covered }) => covered)).toEqual([true, true, false, false, false, false]);
  });

  it("is looked at as a whole, and its middle, by turns", async () => {
    const world = begun();
    await world.until(4);
    expect(world.looks.map(({ square }) => square)).toEqual([false, true, false, true]);
  });

  it("costs a slow device a quarter of its time at most, once it is clear", async () => {
    const world = begun({ seen: () => ({ risk: 0, ms: 500 }) });
    expect(await world.until(6)).toEqual([0, 500, 1_000, 3_000, 5_000, 7_000]);
  });

  it("that is frozen and calm first is covered within a second of the real one", async () => {
    const world = begun({ seen: (n) => ({ risk: n > 3 ? 0.9 : 0, ms: 50 }) });
    const times = await world.until(4);
    expect(world.last).toMatchObject({ covered: true, why: "alarm" });
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeLessThanOrEqual(1_000);
  });

  it("that is none, as 0 x 0, stays covered, and covers again after three seconds", async () => {
    const world = begun({ picture: false });
    await world.until(20);
    expect(world.last).toMatchObject({ covered: true, why: "new" });
    world.picture = true;
    await world.until(23);
    expect(world.last?.covered).toBe(false);
    world.picture = false;
    await world.until(27);
    expect(world.last).toMatchObject({ covered: true, why: "mush" });
  });

  it("of one frame a second is looked at all the same", async () => {
    const world = begun({ seen: () => ({ risk: 0.1, ms: 10 }) });
    await world.until(3);
    expect(world.last?.covered).toBe(false);
  });

  it("is not cleared by a model that does not answer", async () => {
    const world = begun({ seen: () => null });
    await world.until(20);
    expect(world.last?.covered).toBe(true);
  });
});

describe("after stop", () => {
  it("nothing is looked at, and what is still answered is not heard", async () => {
    const world = begun();
    await world.until(2);
    const heard = world.verdicts.length;
    world.sampler.start();
    world.sampler.stop();
    const looks = world.looks.length;
    await world.until(looks + 5);
    expect([world.looks.length, world.verdicts.length]).toEqual([looks, heard]);
  });

  it("it goes on from the verdict that it had", async () => {
    const world = begun();
    await world.until(3);
    world.sampler.stop();
    world.sampler.start();
    await settled();
    expect(world.last?.covered).toBe(false);
  });
});
