// The connection on a fake socket.io-client: requests, reconnects, the end of a page, a server that moves.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { welcome } from "../testing/board.ts";
import { Connection, type ConnectionEvents, type Trouble } from "./connection.ts";

/** The socket that socket.io-client would give. A test calls `hears` for what the server sends. */
class FakeSocket {
  connected = true;
  disconnected = 0;
  readonly engine = { closed: 0, close: () => this.engine.closed++ };
  readonly io = { engine: this.engine };
  readonly emitted: unknown[][] = [];
  private readonly listeners = new Map<string, (...args: unknown[]) => void>();

  constructor(readonly options: { readonly auth: Record<string, unknown> }) {}

  on(event: string, listener: (...args: unknown[]) => void): void {
    this.listeners.set(event, listener);
  }

  emit(...event: unknown[]): void {
    this.emitted.push(event);
  }

  disconnect(): void {
    this.disconnected++;
  }

  hears(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...args);
  }

  /** Gives the server's reply to the last event emitted. */
  replies(reply: unknown): void {
    (this.emitted.at(-1)?.at(-1) as (reply: unknown) => void)(reply);
  }
}

const sockets: FakeSocket[] = [];
vi.mock("socket.io-client", () => ({
  io: (options: FakeSocket["options"]) => {
    const socket = new FakeSocket(options);
    sockets.push(socket);
    return socket;
  },
}));

let connection: Connection;
let troubles: Trouble[];
const heard = vi.fn<(event: string, ...args: unknown[]) => void>();
const latest = () => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("no connection was made");
  return socket;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  heard.mockClear();
  [sockets.length, troubles] = [0, []];
  const events = new Proxy({}, {
    get: (_target, event: string) => (...args: unknown[]) => {
      if (event === "trouble") troubles.push(args[0] as Trouble);
      heard(event, ...args);
    },
  });
  connection = new Connection(events as ConnectionEvents);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function up(token = "token"): FakeSocket {
  if (sockets.length === 0) connection.connect();
  latest().hears("welcome", { ...welcome(), resume: token });
  return latest();
}

describe("a connection", () => {
  it("shows its version, and no token before it has one", () => {
    connection.connect();
    expect(latest().options.auth).toEqual({ v: 1 });
  });

  it("that connects already is not made twice", () => {
    connection.connect();
    connection.connect();
    expect(sockets).toHaveLength(1);
  });

  it("refuses what cannot be sent now", async () => {
    expect(await connection.message("c", "x")).toMatchObject({ ok: false, code: "not_connected" });
    connection.connect();
    expect(await connection.message("c", "x")).toMatchObject({ code: "not_connected" });
    expect(latest().emitted).toEqual([]);
  });

  it("resolves with the server's own reply", async () => {
    up();
    const reply = connection.message("c", "x");
    expect(latest().emitted[0]?.slice(0, 3)).toEqual(["message", "c", "x"]);
    latest().replies({ ok: true });
    expect(await reply).toEqual({ ok: true });
  });

  it("waits for no reply longer than 10 s", async () => {
    up();
    const reply = connection.stop("c");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reply).toMatchObject({ code: "not_connected" });
  });
});

describe("a connection that breaks", () => {
  it("comes back with its token, which is the newest", async () => {
    up("first");
    latest().hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    expect(latest().options.auth).toEqual({ v: 1, resume: "first" });
    up("second");
    latest().hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    expect(latest().options.auth).toEqual({ v: 1, resume: "second" });
  });

  it("refuses what still waits for a reply, and ignores the old connection", async () => {
    const old = up();
    const reply = connection.message("c", "x");
    old.hears("disconnect");
    expect(await reply).toMatchObject({ code: "not_connected" });
    heard.mockClear();
    old.hears("message", "c", "late");
    old.hears("welcome", welcome());
    expect(heard).not.toHaveBeenCalled();
  });

  it("tries again ever later, 10 s at most, and begins anew once it was up", async () => {
    connection.connect();
    for (let attempt = 0; attempt < 7; attempt++) {
      latest().hears("connect_error", new Error("refused"));
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(troubles.map((trouble) => (trouble.kind === "lost" ? trouble.retryInMs : 0))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    up();
    latest().hears("disconnect");
    expect(troubles.at(-1)).toMatchObject({ retryInMs: 500 });
  });

  it("waits as long as the server asks, by its own word or by the reply to the request before", async () => {
    connection.connect();
    latest().hears("connect_error", Object.assign(new Error(), { data: { code: "full", retry_after_s: 3 } }));
    expect(troubles.at(-1)).toEqual({ kind: "lost", retryInMs: 3_500, code: "full" });
    await vi.advanceTimersByTimeAsync(3_500);
    latest().hears("connect_error", Object.assign(new Error(), { context: { responseText: '{"reason":"rate_limited"}' } }));
    expect(troubles.at(-1)).toMatchObject({ code: "rate_limited" });
    await vi.advanceTimersByTimeAsync(10_000);
    latest().hears("connect_error", Object.assign(new Error(), { context: { responseText: '<p>"reason":"bad gateway"' } }));
    expect(troubles.at(-1)).toMatchObject({ code: null });
  });

  it("to a server of another version is given up", async () => {
    connection.connect();
    latest().hears("connect_error", Object.assign(new Error(), { data: { code: "version" } }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([troubles, sockets.length]).toEqual([[{ kind: "outdated" }], 1]);
  });

  it("is tried at once when somebody asks for it, and not again at the planned time", async () => {
    connection.connect();
    latest().hears("connect_error", new Error());
    connection.connect();
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(2);
  });
});

describe("a page that goes", () => {
  it("says so, and forgets its token", async () => {
    const socket = up();
    connection.leave();
    expect(socket.disconnected).toBe(1);
    connection.connect();
    expect(latest().options.auth).toEqual({ v: 1 });
  });
});

describe("a server that moves", () => {
  it("is followed on a second connection, while the first still stands", async () => {
    const first = up("token");
    first.hears("moving", { after_s: 4 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect([sockets.length, latest().options.auth, first.engine.closed]).toEqual([2, { v: 1, resume: "token" }, 0]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(first.engine.closed).toBe(1);
  });
});
