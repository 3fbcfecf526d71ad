// A page whose server moves it to another process: whatever it does, its visitor sees nothing of it.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Moves } from "../channel/moves.ts";
import { makeOffer } from "../seal/handshake.ts";
import type { Resumed } from "../contract.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { eventually, PlainBoard, welcome } from "../testing/board.ts";
import { FakeSocket } from "../testing/socket.ts";
import { AppController, type Visit } from "./controller.ts";

const sockets: FakeSocket[] = [];
vi.mock("socket.io-client", () => ({
  io: (options: FakeSocket["options"]) => {
    const socket = new FakeSocket(options);
    sockets.push(socket);
    return socket;
  },
}));

/** Remembers every state that the page was in. */
class Watched extends PlainBoard {
  readonly seen: State[] = [];

  override dispatch(event: StateEvent): State {
    const state = super.dispatch(event);
    this.seen.push(state);
    return state;
  }
}

let board: Watched;
let controller: AppController;

const here = { following: (host) => new Moves(host) } as NonNullable<Visit["here"]>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("navigator", { languages: ["en"] });
  sockets.length = 0;
  board = new Watched();
  controller = new AppController(board, { here, need: () => Promise.resolve({ makeOffer }) });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function socket(number: number): FakeSocket {
  const made = sockets[number];
  if (made === undefined) throw new Error(`connection ${number} was not made`);
  return made;
}

function asked(link: FakeSocket): unknown[] {
  return link.emitted.map(([name]) => name);
}

/** The page has begun to search, and the server has not answered yet. */
async function searches(): Promise<FakeSocket> {
  controller.open();
  const old = socket(0);
  old.hears("welcome", welcome());
  controller.start("text");
  await eventually(() => expect(asked(old)).toEqual(["find"]));
  return old;
}

/** The server moves the page, whose place is `resumed`. */
async function moves(old: FakeSocket, resumed: Resumed): Promise<FakeSocket> {
  board.seen.length = 0;
  old.hears("moving", { after_s: 0 });
  await vi.advanceTimersByTimeAsync(0);
  const next = socket(1);
  next.hears("welcome", welcome(resumed));
  old.hears("disconnect");
  await vi.advanceTimersByTimeAsync(5_000);
  return next;
}

function sawNothing(screen: State["screen"]): void {
  expect(board.seen.length).toBeGreaterThan(0);
  for (const state of board.seen) expect([state.connection.phase, state.connection.lostSince, state.screen, state.notice]).toEqual(["up", null, screen, null]);
}

it("a search that the old process has taken is not asked for again", async () => {
  const old = await searches();
  old.replies({ ok: true });
  expect(asked(await moves(old, { state: "searching" }))).toEqual([]);
  sawNothing("searching");
});

it("a search that crosses the move is asked for once", async () => {
  const old = await searches();
  expect(asked(await moves(old, { state: "idle" }))).toEqual(["find"]);
  sawNothing("searching");
});

it("a stop that crosses the move is said once, and the search does not come back", async () => {
  const old = await searches();
  old.replies({ ok: true });
  controller.stop();
  expect(asked(await moves(old, { state: "searching" }))).toEqual(["leave"]);
  sawNothing("landing");
});

it("a page that does nothing asks nothing", async () => {
  controller.open();
  socket(0).hears("welcome", welcome());
  expect(asked(await moves(socket(0), { state: "idle" }))).toEqual([]);
  sawNothing("landing");
});

it("a page that is not whole yet connects again when its server has gone", async () => {
  controller = new AppController(board, { here: null, need: () => Promise.resolve({ makeOffer }) });
  controller.open();
  socket(0).hears("welcome", welcome());
  socket(0).hears("moving", { after_s: 0 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets).toHaveLength(1);
  socket(0).hears("disconnect");
  await vi.advanceTimersByTimeAsync(1_000);
  socket(1).hears("welcome", welcome());
  expect(board.state.connection.phase).toBe("up");
});
