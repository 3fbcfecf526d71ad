import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Recovery, type CallPhase } from "./recovery.ts";

let did: (CallPhase | "restart" | "relay")[];
let recovery: Recovery;
let canRelay: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  did = [];
  canRelay = false;
  recovery = new Recovery({
    phase: (phase) => void did.push(phase),
    restart: (relay) => void did.push(relay ? "relay" : "restart"),
    canRelay: () => canRelay,
  });
});

afterEach(() => void vi.useRealTimers());

function after(ms: number): typeof did {
  vi.advanceTimersByTime(ms);
  return did.splice(0);
}

describe("a connection that does not come up", () => {
  beforeEach(() => recovery.heard());

  it("is restarted after 10 s, unreachable after 20 s, and connected if it comes up all the same", () => {
    expect([after(9_999), after(1), after(9_999), after(1)]).toEqual([[], ["restart"], [], ["failed.unreachable"]]);
    recovery.follow("connected");
    expect(after(60_000)).toEqual(["connected"]);
  });

  it("is restarted at once when ICE has failed, and has its 10 s", () => {
    recovery.follow("failed");
    expect([after(0), after(9_999), after(1)]).toEqual([["restart"], [], ["failed.unreachable"]]);
  });

  it("is tried over the relay alone before it is given up", () => {
    canRelay = true;
    expect([after(10_000), after(10_000), after(9_999), after(1)]).toEqual([["restart"], ["relaying", "relay"], [], ["failed.unreachable"]]);
  });
});

describe("a partner whose call says nothing", () => {
  it("is told of after 10 s, and the networks are not blamed later", () => {
    expect([after(9_999), after(1), after(60_000)]).toEqual([[], ["failed.silent"], []]);
  });

  it("and then begins after all is connected to as any other", () => {
    after(15_000);
    recovery.heard();
    expect([after(0), after(10_000), after(10_000)]).toEqual([["connecting"], ["restart"], ["failed.unreachable"]]);
  });
});

describe("a failure whose cause is known", () => {
  it("keeps it", () => {
    recovery.fail("browser");
    expect(after(60_000)).toEqual(["failed.browser"]);
  });
});

describe("a connection that breaks", () => {
  beforeEach(() => {
    recovery.follow("connected");
    after(0);
  });

  it("is restarted after 4 s, and lost 10 s later", () => {
    recovery.follow("disconnected");
    expect([after(3_999), after(1), after(9_999), after(1)]).toEqual([["reconnecting"], ["restart"], [], ["failed.lost"]]);
  });

  it("is tried over the relay, and forgets its tries once it is back", () => {
    canRelay = true;
    recovery.follow("disconnected");
    expect(after(14_000)).toEqual(["reconnecting", "restart", "relaying", "relay"]);
    recovery.follow("connected");
    recovery.follow("disconnected");
    expect(after(4_000)).toEqual(["connected", "reconnecting", "restart"]);
  });

  it("is not restarted when it comes back by itself", () => {
    recovery.follow("disconnected");
    after(3_000);
    recovery.follow("connected");
    expect(after(60_000)).toEqual(["connected"]);
  });

  it("gives each try its time, however often the state changes", () => {
    recovery.follow("disconnected");
    after(5_000);
    recovery.follow("failed");
    recovery.follow("disconnected");
    expect([after(8_999), after(1)]).toEqual([[], ["failed.lost"]]);
  });

  it("does nothing more once the call is over", () => {
    recovery.follow("disconnected");
    after(0);
    recovery.stop();
    recovery.follow("failed");
    recovery.fail("unfit");
    recovery.retry();
    expect(after(60_000)).toEqual([]);
  });
});

describe("while one of the two is away", () => {
  beforeEach(() => recovery.heard());

  it("nothing fails, and all is tried anew once both are here", () => {
    recovery.pause();
    recovery.follow("failed");
    expect(after(600_000)).toEqual([]);
    recovery.resume();
    expect(after(20_000)).toEqual(["restart", "failed.unreachable"]);
  });

  it("a call that goes on is left alone", () => {
    recovery.follow("connected");
    recovery.pause();
    after(60_000);
    recovery.resume();
    expect(after(60_000)).toEqual([]);
  });

  it("a connection that comes back by itself is welcome", () => {
    recovery.follow("connected");
    recovery.pause();
    recovery.follow("disconnected");
    recovery.follow("connected");
    recovery.resume();
    expect(after(60_000)).toEqual(["connected", "reconnecting", "connected"]);
  });
});

describe("a device that slept", () => {
  beforeEach(() => recovery.heard());

  it("has not failed to connect: it tries", () => {
    vi.setSystemTime(Date.now() + 45_000); // time went on, and no timer did
    expect([after(10_000), after(1), after(20_000)]).toEqual([[], ["restart"], ["failed.unreachable"]]);
  });
});

describe("a call that has failed", () => {
  beforeEach(() => recovery.heard());

  beforeEach(() => void after(20_000));

  it("is tried again when somebody asks for it", () => {
    recovery.retry();
    expect([after(0), after(10_000)]).toEqual([["connecting", "restart"], ["failed.unreachable"]]);
  });

  it("keeps its reason until then", () => {
    recovery.fail("negotiation");
    recovery.follow("failed");
    expect(after(60_000)).toEqual(["failed.negotiation"]);
  });
});
