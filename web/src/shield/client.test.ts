// The worker's life: loaded once, and every way to fail ends in a fault that can be told.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type Helper, LOOK_WITHIN_MS, type Phase, READY_WITHIN_MS, ShieldClient } from "./client.ts";
import type { Answer, Ask } from "./terms.ts";

class FakeWorker implements Helper {
  onmessage: Helper["onmessage"] = null;
  onerror: Helper["onerror"] = null;
  readonly asked: Ask[] = [];
  ended = false;

  postMessage(ask: Ask): void {
    this.asked.push(ask);
  }
  terminate(): void {
    this.ended = true;
  }
  says(data: Answer): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
  breaks(): void {
    this.onerror?.(new Event("error") as ErrorEvent);
  }
}

function world(frugal = false) {
  const workers: FakeWorker[] = [];
  const make = vi.fn(() => {
    const made = new FakeWorker();
    workers.push(made);
    return made;
  });
  const client = new ShieldClient(make, () => frugal);
  const phases: Phase[] = [];
  client.watch((phase) => phases.push(phase));
  return { client, make, phases, worker: () => workers.at(-1) ?? new FakeWorker() };
}

function ready() {
  const made = world();
  made.client.warm();
  made.worker().says({ type: "ready" });
  return made;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the shield", () => {
  it("fetches nothing until it is wanted, and then once", () => {
    const { client, make, phases, worker } = world();
    expect(make).not.toHaveBeenCalled();
    client.warm();
    client.warm();
    worker().says({ type: "ready" });
    client.warm();
    expect(make).toHaveBeenCalledOnce();
    expect(phases).toEqual(["idle", "loading", "ready"]);
  });

  it("asks first if the visitor saves data", () => {
    const { client, make, phases } = world(true);
    client.warm();
    client.warm();
    expect(make).not.toHaveBeenCalled();
    client.load();
    expect(phases).toEqual(["idle", "asking", "loading"]);
  });

  it("gives each frame its own look", async () => {
    const { client, worker } = ready();
    const [one, two] = [client.look(new ArrayBuffer(4)), client.look(new ArrayBuffer(4))];
    worker().says({ type: "look", n: 2, look: { risk: 0.2, ms: 1 } });
    worker().says({ type: "look", n: 1, look: { risk: null, ms: 1 } });
    expect([await one, await two]).toEqual([{ risk: null, ms: 1 }, { risk: 0.2, ms: 1 }]);
    await vi.advanceTimersByTimeAsync(LOOK_WITHIN_MS);
    expect(client.phase).toBe("ready");
  });

  it.each(["missing", "damaged", "refused"] as const)("tells that its model is %s", async (fault) => {
    const { client, worker } = world();
    client.warm();
    worker().says({ type: "failed", fault });
    expect([client.phase, worker().ended, await client.look(new ArrayBuffer(4))]).toEqual([fault, true, null]);
  });

  it("tells that its script did not come, or that the browser forbids it", () => {
    const { client, worker } = world();
    client.warm();
    worker().breaks();
    expect(client.phase).toBe("missing");
    const refused = new ShieldClient(
      () => {
        throw new TypeError("no Trusted Types policy");
      },
      () => false,
    );
    refused.warm();
    expect(refused.phase).toBe("refused");
  });

  it("tells that its worker was killed, and lets no look hang", async () => {
    const { client, worker } = ready();
    const look = client.look(new ArrayBuffer(4));
    await vi.advanceTimersByTimeAsync(LOOK_WITHIN_MS);
    expect([await look, client.phase, worker().ended]).toEqual([null, "silent", true]);
  });

  it("tells that its worker was killed before it was ready", async () => {
    const { client } = world();
    client.warm();
    await vi.advanceTimersByTimeAsync(READY_WITHIN_MS);
    expect(client.phase).toBe("silent");
  });

  it("tries anew at the next search, without asking again", () => {
    const { client, make, worker } = world(true);
    client.load();
    worker().breaks();
    client.warm();
    expect([make.mock.calls.length, client.phase]).toEqual([2, "loading"]);
  });

  it("says nothing more to whoever has left", () => {
    const { client } = world();
    const phases: Phase[] = [];
    client.watch((phase) => phases.push(phase))();
    client.warm();
    expect(phases).toEqual(["idle"]);
  });
});
