import { describe, expect, it } from "vitest";

import { IncomingLane, OutgoingLane } from "./lanes.ts";

const text = (value: string) => ({ name: "text", value }) as const;
const sealed = (n: number) => Promise.resolve(`sealed ${n}`);

describe("an incoming lane", () => {
  it("passes on in order what came in any", () => {
    const lane = new IncomingLane();
    expect(lane.put(2, text("c"))).toEqual([]);
    expect(lane.put(1, text("b"))).toEqual([]);
    expect(lane.gap).toBe(true);
    expect(lane.put(0, text("a")).map(([n]) => n)).toEqual([0, 1, 2]);
    expect(lane.gap).toBe(false);
    expect(lane.next).toBe(3);
  });

  it("tells what is next, ahead, old and too far to hold", () => {
    const lane = new IncomingLane();
    lane.put(0, null);
    lane.put(2, null);
    expect([0, 1, 2, 3, 65, 66].map((n) => lane.place(n))).toEqual(["old", "next", "old", "ahead", "ahead", "far"]);
  });
});

describe("an outgoing lane", () => {
  function lane(count: number): OutgoingLane {
    const made = new OutgoingLane();
    for (let each = 0; each < count; each++) made.push(sealed);
    return made;
  }

  function emitAll(made: OutgoingLane): number[] {
    const emitted: number[] = [];
    for (let item = made.peek(); item !== null; item = made.peek()) {
      emitted.push(item.n);
      made.advance();
    }
    return emitted;
  }

  it("emits each once, and again after a rewind", () => {
    const made = lane(3);
    expect(emitAll(made)).toEqual([0, 1, 2]);
    made.rewind(1);
    expect(emitAll(made)).toEqual([1, 2]);
  });

  it("has no more under way than the receiver holds", () => {
    const made = lane(100);
    expect(emitAll(made)).toHaveLength(64);
    made.confirm(10);
    expect(emitAll(made)).toHaveLength(10);
  });

  it("gives the same bytes again", async () => {
    const made = lane(1);
    const first = made.peek()?.sealed;
    emitAll(made);
    made.rewind(0);
    expect(made.peek()?.sealed).toBe(first);
  });

  it("forgets what is confirmed, and emits it no more", () => {
    const made = lane(3);
    emitAll(made);
    expect(made.confirm(2)).toEqual([0, 1]);
    made.rewind(0);
    expect(emitAll(made)).toEqual([2]);
  });

  it("takes no receipt for what was never sent, though it has a number", () => {
    expect(lane(1).confirm(1)).toEqual([]);
    expect(lane(1).confirm(2)).toEqual([]);
    const made = lane(3);
    made.advance();
    expect(made.confirm(2)).toEqual([]);
    expect(made.confirm(1)).toEqual([0]);
    expect(emitAll(made)).toEqual([1, 2]);
  });

  it("still takes a receipt for what went before a rewind", () => {
    const made = lane(3);
    emitAll(made);
    made.rewind();
    expect(made.confirm(3)).toEqual([0, 1, 2]);
  });

  it("goes back to the first that is not confirmed, taken or not", () => {
    const made = lane(3);
    const first = made.peek();
    emitAll(made);
    if (first !== null) made.take(first);
    made.rewind();
    expect(emitAll(made)).toEqual([0, 1, 2]);
  });

  it("has something unconfirmed until the receipt comes, also while it waits to be sent again", () => {
    const made = lane(1);
    expect(made.unconfirmed).toBe(false);
    emitAll(made);
    made.rewind();
    expect(made.unconfirmed).toBe(true);
    made.confirm(1);
    expect(made.unconfirmed).toBe(false);
  });

  it("tells once that one was taken, and not after the partner's own word", () => {
    const made = lane(2);
    const [first, second] = [made.peek(), (made.advance(), made.peek())];
    if (first === null || second === null) throw new Error("two were pushed");
    expect([made.take(first), made.take(first)]).toEqual([true, false]);
    made.advance();
    made.confirm(2);
    expect(made.take(second)).toBe(false);
  });
});
