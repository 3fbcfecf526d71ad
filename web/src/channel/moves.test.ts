// A connection that goes over to a second link while the first one stands: no word is lost, doubled or out of order,
// and the page is told nothing of it.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Resumed } from "../contract.ts";
import { welcome } from "../testing/board.ts";
import { FakeSocket } from "../testing/socket.ts";
import { Connection, type ConnectionEvents, type Reply } from "./connection.ts";
import { Moves } from "./moves.ts";

const sockets: FakeSocket[] = [];
vi.mock("socket.io-client", () => ({
  io: (options: FakeSocket["options"]) => {
    const socket = new FakeSocket(options);
    sockets.push(socket);
    return socket;
  },
}));

const CHATTING: Resumed = { state: "chatting", chat: "c", partner: "here" };
const NOW = { after_s: 0 };

let connection: Connection;
let told: string[];
/** Called at each event, with its name. */
let onTold: (name: string) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  [sockets.length, told, onTold] = [0, [], () => undefined];
  const events = new Proxy({}, {
    get: (_target, event: string) => (...args: unknown[]) => {
      told.push(event === "message" ? String(args[1]) : event === "welcome" ? (args[1] === true ? "moved" : "welcome") : event);
      onTold(event);
    },
  });
  connection = new Connection(events as ConnectionEvents, (host) => new Moves(host));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function socket(number: number): FakeSocket {
  const made = sockets[number];
  if (made === undefined) throw new Error(`connection ${number} was not made`);
  return made;
}

function comes(): FakeSocket {
  connection.connect();
  socket(0).hears("welcome", { ...welcome(), resume: "old" });
  told = [];
  return socket(0);
}

/** The second link, which the server has not answered yet. */
async function moves(old: FakeSocket): Promise<FakeSocket> {
  old.hears("moving", NOW);
  await vi.advanceTimersByTimeAsync(0);
  const next = socket(sockets.length - 1);
  next.connected = false;
  return next;
}

function welcomes(link: FakeSocket, resumed: Resumed | null = CHATTING, resume = "new"): void {
  link.hears("connect");
  link.connected = true;
  link.hears("welcome", { ...welcome(resumed), resume });
}

function closes(link: FakeSocket): void {
  link.connected = false;
  link.hears("disconnect");
}

/** The texts that were asked over a link. */
function asked(link: FakeSocket): unknown[] {
  return link.emitted.filter(([name]) => name === "message").map(([, , text]) => text);
}

function answers(link: FakeSocket, text: string): void {
  const question = link.emitted.find(([name, , said]) => name === "message" && said === text);
  (question?.at(-1) as (reply: Reply) => void)({ ok: true });
}

/** All orders of the steps of two links in which each keeps its own. */
function orders(first: readonly string[], second: readonly string[]): string[][] {
  const [a, ...restA] = first;
  const [b, ...restB] = second;
  if (a === undefined || b === undefined) return [[...first, ...second]];
  return [...orders(restA, second).map((order) => [a, ...order]), ...orders(first, restB).map((order) => [b, ...order])];
}

describe("what the old link says", () => {
  const says = (link: FakeSocket, text: string) => () => link.hears("message", "c", text);
  it.each(orders(["old 1", "old 2", "old closes"], ["new welcomes", "new matched", "new 3", "new 4"]).map((order) => [order.join(", "), order] as const))(
    "comes first: %s",
    async (_name, order) => {
      const old = comes();
      const next = await moves(old);
      const steps: Record<string, () => void> = {
        "old 1": says(old, "1"),
        "old 2": says(old, "2"),
        "old closes": () => closes(old),
        "new welcomes": () => welcomes(next),
        "new matched": () => next.hears("matched", {}),
        "new 3": says(next, "3"),
        "new 4": says(next, "4"),
      };
      for (const step of order) steps[step]?.();
      expect(told).toEqual(["1", "2", "moved", "matched", "3", "4"]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect([told.length, sockets.length, next.engine.closed]).toEqual([6, 2, 0]);
    },
  );

  it("is waited for a second, and then no longer", async () => {
    const old = comes();
    const next = await moves(old);
    welcomes(next);
    next.hears("message", "c", "2");
    await vi.advanceTimersByTimeAsync(999);
    old.hears("message", "c", "1");
    expect(told).toEqual(["1"]);
    await vi.advanceTimersByTimeAsync(1);
    old.hears("message", "c", "late");
    closes(old);
    expect([told, old.engine.closed, old.disconnected]).toEqual([["1", "moved", "2"], 1, 0]);
  });

  it("reaches the page also if a listener of it throws", async () => {
    const old = comes();
    const next = await moves(old);
    onTold = (name) => {
      if (name === "matched") throw new Error("a fault in the page");
    };
    welcomes(next);
    next.hears("matched", {});
    next.hears("message", "c", "1");
    closes(old);
    expect(told).toEqual(["moved", "matched", "1"]);
    await expect(vi.advanceTimersByTimeAsync(0)).rejects.toThrow("a fault in the page");
  });
});

describe("a question", () => {
  it.each(orders(["answers", "closes"], ["welcomes"]).map((order) => [order.join(", "), order] as const))(
    "is asked once of the server that answers it, in order: %s",
    async (_name, order) => {
      const old = comes();
      const next = await moves(old);
      const replies = [connection.message("c", "a"), connection.message("c", "b")];
      const steps: Record<string, () => void> = { answers: () => answers(old, "a"), closes: () => closes(old), welcomes: () => welcomes(next) };
      for (const [place, step] of order.entries()) {
        steps[step]?.();
        replies.push(connection.message("c", `c${place}`));
      }
      expect(asked(next)).toEqual(["b", "c0", "c1", "c2"]);
      expect(asked(old).slice(0, 2)).toEqual(["a", "b"]);
      for (const text of ["b", "c0", "c1", "c2"]) answers(next, text);
      expect(await Promise.all(replies)).toEqual(Array(5).fill({ ok: true }));
    },
  );

  it("is not asked of the old link once the new one is welcome", async () => {
    const old = comes();
    const next = await moves(old);
    void connection.message("c", "a");
    welcomes(next);
    void connection.typing("c", true);
    expect([old.emitted.length, next.emitted.length]).toEqual([1, 0]);
    closes(old);
    expect(next.emitted.map(([name]) => name)).toEqual(["message", "typing"]);
  });

  it("that waits between two links is refused after 10 s as any other", async () => {
    const old = comes();
    const next = await moves(old);
    const reply = connection.message("c", "a");
    welcomes(next);
    closes(old);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reply).toMatchObject({ code: "not_connected" });
  });
});

describe("a second link that fails", () => {
  it.each(["draining", "full", null])("leaves the first one in use, and is tried again: %s", async (code) => {
    const old = comes();
    const next = await moves(old);
    next.hears("connect_error", Object.assign(new Error(), { data: code === null ? undefined : { code } }));
    expect(next.engine.closed).toBe(1);
    const reply = connection.message("c", "a");
    answers(old, "a");
    expect(await reply).toEqual({ ok: true });
    await vi.advanceTimersByTimeAsync(499);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    socket(2).hears("connect_error", new Error());
    await vi.advanceTimersByTimeAsync(1_000);
    welcomes(socket(3));
    closes(old);
    expect(told).toEqual(["moved"]);
  });

  it.each([{ code: "version" }, { code: "paused", reason: "blocked", open: [], whose: "address" }])("because we are let in no more is not tried again while the first stands: $code", async (data) => {
    const old = comes();
    const next = await moves(old);
    next.hears("connect_error", Object.assign(new Error(), { data }));
    await vi.advanceTimersByTimeAsync(600_000);
    old.hears("message", "c", "1");
    expect([told, sockets.length]).toEqual([["1"], 2]);
    closes(old);
    await vi.advanceTimersByTimeAsync(500);
    expect([told, sockets.length]).toEqual([["1", "trouble", "connecting"], 3]);
  });

  it("right after its welcome is a connection that broke", async () => {
    const old = comes();
    const next = await moves(old);
    const reply = connection.message("c", "a");
    welcomes(next);
    next.hears("message", "c", "1");
    closes(next);
    expect(told).toEqual(["moved", "1", "trouble"]);
    expect(await reply).toMatchObject({ code: "not_connected" });
    await vi.advanceTimersByTimeAsync(500);
    expect(socket(2).options.auth).toEqual({ v: 1, resume: "new" });
  });
});

describe("a first link that breaks while the second one opens", () => {
  it("is a lost connection only if no welcome comes for 3 s", async () => {
    const old = comes();
    await moves(old);
    const replies = [connection.message("c", "a")];
    closes(old);
    replies.push(connection.message("c", "b"));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(["trouble", "connecting"]);
    for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ code: "not_connected" });
    expect(await connection.message("c", "c")).toMatchObject({ code: "not_connected" });
    const open = socket(sockets.length - 1);
    welcomes(open);
    expect([told, asked(open)]).toEqual([["trouble", "connecting", "welcome"], []]);
  });

  it("is one at once if the second one fails, too", async () => {
    const old = comes();
    const next = await moves(old);
    const reply = connection.message("c", "a");
    closes(old);
    next.hears("connect_error", new Error());
    expect(await reply).toMatchObject({ code: "not_connected" });
    await vi.advanceTimersByTimeAsync(500);
    expect([told, sockets.length]).toEqual([["trouble", "connecting"], 3]);
    const third = socket(2);
    welcomes(third);
    await vi.advanceTimersByTimeAsync(3_000);
    void connection.message("c", "b");
    expect([told, asked(third)]).toEqual([["trouble", "connecting", "welcome"], ["b"]]);
  });

  it("is not waited for when the page is shown again, unless the attempt is fresh", async () => {
    const old = comes();
    const next = await moves(old);
    next.shookHands();
    closes(old);
    connection.hurry();
    await vi.advanceTimersByTimeAsync(2_000);
    connection.connect();
    expect([told, sockets.length]).toEqual([[], 2]);
    await vi.advanceTimersByTimeAsync(100);
    connection.hurry();
    expect([told, sockets.length, next.engine.closed]).toEqual([["trouble", "connecting", "connecting"], 3, 1]);
    welcomes(next);
    await vi.advanceTimersByTimeAsync(1_000);
    welcomes(socket(2));
    expect(told.slice(3)).toEqual(["welcome"]);
  });
});

describe("a place that was lost in a move", () => {
  it("is told as any fresh welcome, and nothing is asked again", async () => {
    const old = comes();
    const next = await moves(old);
    const reply = connection.message("c", "a");
    welcomes(next, null);
    closes(old);
    expect([told, asked(next)]).toEqual([["welcome"], []]);
    expect(await reply).toMatchObject({ code: "not_connected" });
  });

  it("ends the old session if its link still stands", async () => {
    const old = comes();
    const next = await moves(old);
    welcomes(next, null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([told, old.disconnected, next.disconnected]).toEqual([["welcome"], 1, 0]);
  });
});

describe("the time of a move", () => {
  it.each([undefined, null, {}, "soon", { after_s: "soon" }, { after_s: null }, { after_s: NaN }, [3]])("is not taken from nonsense: %o", async (args) => {
    comes().hears("moving", args);
    await vi.advanceTimersByTimeAsync(600_000);
    expect([sockets.length, told]).toEqual([1, []]);
  });

  it.each([[-1, 0], [-Infinity, 0], [4, 2_000], [1e300, 30_000], [Infinity, 30_000]])("is a random one within %d s, and within a minute", async (after_s, ms) => {
    comes().hears("moving", { after_s });
    await vi.advanceTimersByTimeAsync(Math.max(ms - 1, 0));
    expect(sockets).toHaveLength(ms === 0 ? 2 : 1);
    await vi.advanceTimersByTimeAsync(1);
    expect([sockets.length, socket(1).options.auth]).toEqual([2, { v: 1, resume: "old" }]);
  });

  it("is the earliest of several, and none while a move is under way", async () => {
    const old = comes();
    for (const after_s of [40, 4, 20]) old.hears("moving", { after_s });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets).toHaveLength(2);
    old.hears("moving", NOW);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
    welcomes(socket(1));
    old.hears("moving", NOW);
    closes(old);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sockets.length, told]).toEqual([2, ["moved"]]);
  });

  it("stands when the page is hidden, shown, or wants to connect", async () => {
    comes().hears("moving", { after_s: 4 });
    connection.hurry();
    connection.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets).toHaveLength(2);
  });

  it("is needless when the link breaks before", async () => {
    const old = comes();
    old.hears("moving", { after_s: 40 });
    old.hears("ended", "c", "drained");
    closes(old);
    await vi.advanceTimersByTimeAsync(500);
    welcomes(socket(1), null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([told, sockets.length]).toEqual([["ended", "trouble", "connecting", "welcome"], 2]);
  });

  it("comes again at the next process", async () => {
    let link = comes();
    for (const text of ["1", "2", "3"]) {
      const next = await moves(link);
      welcomes(next);
      next.hears("message", "c", text);
      next.hears("moving", NOW);
      closes(link);
      link = next;
      await vi.advanceTimersByTimeAsync(0);
    }
    expect([told, sockets.length]).toEqual([["moved", "1", "moved", "2", "moved", "3"], 5]);
  });
});

describe("a page that goes in the middle of a move", () => {
  it("says so over both links, to the second as soon as it is known there", async () => {
    const old = comes();
    const next = await moves(old);
    const reply = connection.message("c", "a");
    connection.leave();
    expect([old.disconnected, next.disconnected]).toEqual([1, 0]);
    next.hears("connect");
    expect(next.disconnected).toBe(1);
    next.hears("welcome", welcome(CHATTING));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([told, sockets.length]).toEqual([[], 2]);
    expect(await reply).toMatchObject({ code: "not_connected" });
  });

  it("closes a second link that is never answered", async () => {
    const next = await moves(comes());
    connection.leave();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(next.disconnected).toBe(1);
  });

  it("says so over both between the two", async () => {
    const old = comes();
    const next = await moves(old);
    welcomes(next);
    connection.leave();
    expect([old.disconnected, next.disconnected]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([told, sockets.length]).toEqual([[], 2]);
  });

  it("while it is told of the move, is told nothing more", async () => {
    const old = comes();
    const next = await moves(old);
    onTold = (name) => name === "welcome" && connection.leave();
    welcomes(next);
    next.hears("message", "c", "1");
    closes(next);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([told, sockets.length]).toEqual([["moved"], 2]);
  });

  it("never moves if that was only planned", async () => {
    comes().hears("moving", { after_s: 4 });
    connection.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });
});
