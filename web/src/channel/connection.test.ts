// The connection on a fake socket.io-client: requests, reconnects, the end of a page.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { welcome } from "../testing/board.ts";
import { FakeSocket } from "../testing/socket.ts";
import { Connection, type ConnectionEvents, type Trouble } from "./connection.ts";
import { Moves } from "./moves.ts";

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
  connection = new Connection(events as ConnectionEvents, (host) => new Moves(host));
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

  it("because our address is kept out says why, and is not tried again for minutes", async () => {
    connection.connect();
    const data = { code: "paused", reason: "blocked", open: [], whose: "address" };
    latest().hears("connect_error", Object.assign(new Error(), { data }));
    expect(troubles).toEqual([{ kind: "lost", retryInMs: 300_500, code: "paused", pause: { reason: "blocked", open: [], whose: "address", retry_after_s: null } }]);
    await vi.advanceTimersByTimeAsync(300_499);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets).toHaveLength(2);
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
    up();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(2);
  });
});

describe("a WebSocket that is swallowed", () => {
  const begins = () => latest().options.transports[0];
  /** The network swallows WebSockets, and long-polling has carried us to `welcome`. */
  async function polling(): Promise<FakeSocket> {
    connection.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    return up();
  }

  it("is given up for long-polling after 2 s, and nothing is said of it", async () => {
    connection.connect();
    expect(begins()).toBe("websocket");
    await vi.advanceTimersByTimeAsync(1_999);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([sockets.length, sockets[0]?.engine.closed, latest().options.transports, troubles]).toEqual([2, 1, ["polling", "websocket"], []]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sockets).toHaveLength(2); // which has no hurry
  });

  it("after the handshake is given up, too", async () => {
    connection.connect();
    await vi.advanceTimersByTimeAsync(1_500);
    latest().shookHands();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(begins()).toBe("polling");
  });

  it("with a token has 2.5 s more, in which the server may ask others for our place", async () => {
    up().hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    latest().shookHands();
    await vi.advanceTimersByTimeAsync(4_499);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(begins()).toBe("polling");
  });

  it("is not tried first after a break, once long-polling has worked", async () => {
    (await polling()).hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    expect([begins(), latest().options.auth]).toEqual(["polling", { v: 1, resume: "token" }]);
  });

  it("is first again once the connection was upgraded, or when long-polling failed", async () => {
    const socket = await polling();
    socket.upgraded();
    socket.hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    expect(begins()).toBe("websocket");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(begins()).toBe("polling");
    latest().hears("connect_error", new Error("no"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(begins()).toBe("websocket");
  });

  it("that was refused at once leaves the long-polling alone that socket.io has begun", async () => {
    connection.connect();
    latest().engine.transport.name = "polling";
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sockets).toHaveLength(1);
    up().hears("disconnect");
    await vi.advanceTimersByTimeAsync(500);
    expect(begins()).toBe("polling");
  });

  it("whose page is gone is not followed by anything", async () => {
    connection.connect();
    connection.leave();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sockets).toHaveLength(1);
  });

  it("where a browser has none is not waited for", () => {
    vi.stubGlobal("WebSocket", undefined);
    new Connection({ connecting: () => undefined } as ConnectionEvents, () => null).connect();
    expect(begins()).toBe("polling");
    vi.unstubAllGlobals();
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

describe("a page that is shown again", () => {
  it("tries at once, and leaves a connection and a fresh attempt alone", async () => {
    up();
    connection.hurry();
    expect(sockets).toHaveLength(1);
    latest().hears("disconnect");
    connection.hurry();
    connection.hurry();
    expect(sockets).toHaveLength(2);
  });

  it("gives up an attempt that has had no answer", async () => {
    connection.connect();
    const stale = latest();
    await vi.advanceTimersByTimeAsync(3_000);
    connection.hurry();
    expect([sockets.length, stale.engine.closed]).toEqual([2, 1]);
    stale.hears("welcome", welcome());
    expect(heard).not.toHaveBeenCalledWith("welcome", expect.anything(), expect.anything());
  });
});
