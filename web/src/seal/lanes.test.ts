// Runs tests/vectors/lanes.json: lanes with a clock, step by step. The Python client runs the same file.

import { describe, expect, it } from "vitest";

import file from "../../../tests/vectors/lanes.json" with { type: "json" };
import { fromUtf8, utf8 } from "./bytes.ts";
import { IncomingLane, OutgoingLane, ReceiptLane } from "./lanes.ts";

interface Step {
  readonly at: number;
  readonly do: string;
  readonly gives?: unknown;
  readonly n?: number;
  readonly down_to?: number;
  readonly count?: number;
  readonly until?: number;
  readonly due?: number;
  readonly again?: boolean;
}

const SECOND = 1_000;

/** Checks that the numbers follow each other. Returns the first and the one past the last, or [] for none. */
function span(numbers: readonly number[]): number[] {
  const [first] = numbers;
  if (first === undefined) return [];
  expect(numbers).toEqual(numbers.map((_, index) => first + index));
  return [first, first + numbers.length];
}

function send(lane: OutgoingLane, at: number): number[] {
  const numbers: number[] = [];
  for (const [n, content] of lane.takeUnsealed()) lane.sealed(n, `${n} ${fromUtf8(content)}`);
  for (let next = lane.take(at); next !== null; next = lane.take(at)) {
    expect(next[1], "the same each time").toBe(`${next[0]} content ${next[0]}`);
    numbers.push(next[0]);
  }
  return span(numbers);
}

function outgoing(lane: OutgoingLane, step: Step): unknown {
  const { at, n = 0 } = step;
  switch (step.do) {
    case "push": {
      const [first = 0] = step.gives as number[];
      return span(Array.from({ length: step.count ?? 0 }, (_, index) => lane.push(utf8(`content ${first + index}`))));
    }
    case "send":
      return send(lane, at * SECOND);
    case "confirm":
      return span(lane.confirm(step.until ?? 0, at * SECOND));
    case "refuse":
      return lane.rewind(n);
    case "taken":
      return lane.taken(n);
    case "resume":
      return lane.resume();
    case "wake":
      return lane.wake(at * SECOND);
  }
  throw new Error(step.do);
}

function incoming(lane: IncomingLane, step: Step): unknown {
  const { at, n = 0 } = step;
  switch (step.do) {
    case "wants":
      return lane.wants(n);
    case "accept": {
      let given: number[] = [];
      for (let each = n; each >= (step.down_to ?? n); each--) {
        expect([given, lane.wants(each)]).toEqual([[], true]);
        given = lane.accept(each, utf8(""), at * SECOND).map(([number]) => number);
      }
      return span(given);
    }
    case "asks":
      return lane.asks(at * SECOND);
  }
  throw new Error(step.do);
}

function receipt(lane: ReceiptLane, { do: what, n = 0, due = 0, again = false }: Step): unknown {
  switch (what) {
    case "owe":
      return lane.owe(due * SECOND, again);
    case "take":
      return lane.take();
    case "is_new":
      return lane.isNew(n);
    case "note":
      return lane.note(n);
  }
  throw new Error(what);
}

/** A new lane: a function that does a step, and one that tells its visible times in seconds. */
function fresh(kind: string): [(step: Step) => unknown, () => Record<string, number | null>] {
  const seconds = (ms: number | null) => (ms === null ? null : ms / SECOND);
  if (kind === "outgoing") {
    const lane = new OutgoingLane();
    return [(step) => outgoing(lane, step), () => ({ resend_at: seconds(lane.resendAt) })];
  }
  if (kind === "incoming") {
    const lane = new IncomingLane();
    const look = () => ({ next: lane.next, ask_at: seconds(lane.askAt), gap_at: seconds(lane.gapAt) });
    return [(step) => incoming(lane, step), look];
  }
  const lane = new ReceiptLane();
  return [(step) => receipt(lane, step), () => ({ due_at: seconds(lane.dueAt) })];
}

describe("lanes, as both programs have them", () => {
  it.each(file.scenarios)("$name", ({ lane, steps }) => {
    const [act, look] = fresh(lane);
    for (const step of steps as readonly Step[]) {
      expect(act(step), JSON.stringify(step)).toEqual(step.gives);
      const seen = look();
      const names = Object.keys(seen).filter((name) => name in step);
      expect(seen, JSON.stringify(step)).toMatchObject(Object.fromEntries(names.map((name) => [name, (step as never)[name]])));
    }
  });
});
