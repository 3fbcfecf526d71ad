// What a call is to the device around the page, on a fake of it.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Actions } from "../state/actions.ts";
import { keepAwake, takeButtons, tellButtons } from "./session.ts";

const settled = () => new Promise((done) => setImmediate(done));

describe("the screen", () => {
  const page = Object.assign(new EventTarget(), { hidden: false });
  const lock = { release: vi.fn(async () => undefined) };
  const request = vi.fn(async (_kind: string) => lock);

  beforeEach(() => {
    vi.clearAllMocks();
    page.hidden = false;
    vi.stubGlobal("document", page);
    vi.stubGlobal("navigator", { wakeLock: { request } });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("stays on until the call is over", async () => {
    const rest = keepAwake();
    await settled();
    expect(request.mock.calls).toEqual([["screen"]]);
    rest();
    expect(lock.release).toHaveBeenCalledTimes(1);
  });

  it("stays on again once the page is back in sight: the browser lets go of a hidden one", async () => {
    page.hidden = true;
    const rest = keepAwake();
    await settled();
    expect(request).not.toHaveBeenCalled();
    page.hidden = false;
    page.dispatchEvent(new Event("visibilitychange"));
    await settled();
    expect(request).toHaveBeenCalledTimes(1);
    rest();
    page.dispatchEvent(new Event("visibilitychange"));
    await settled();
    expect(request).toHaveBeenCalledTimes(1);
  });

  it("is let go if the browser answers after the call", async () => {
    keepAwake()();
    await settled();
    expect(lock.release).toHaveBeenCalledTimes(1);
  });

  it("may go off where the browser refuses, or knows nothing of it", async () => {
    request.mockRejectedValueOnce(new DOMException("low battery", "NotAllowedError"));
    keepAwake()();
    vi.stubGlobal("navigator", {});
    keepAwake()();
    await settled();
    expect(lock.release).not.toHaveBeenCalled();
  });
});

describe("the system's buttons", () => {
  const handlers = new Map<string, (() => void) | null>();
  const actions = { stop: vi.fn(), toggleMic: vi.fn(), toggleCam: vi.fn() };
  const setMicrophoneActive = vi.fn();
  const mediaSession = {
    setMicrophoneActive,
    setActionHandler(action: string, handler: (() => void) | null) {
      if (action === "togglecamera") throw new TypeError("unknown here");
      handlers.set(action, handler);
    },
  };

  beforeEach(() => {
    vi.clearAllMocks();
    handlers.clear();
    vi.stubGlobal("navigator", { mediaSession });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("act during a call, those that this browser knows, and not after it", () => {
    const giveBack = takeButtons(actions as unknown as Actions);
    handlers.get("hangup")?.();
    handlers.get("togglemicrophone")?.();
    expect([actions.stop.mock.calls.length, actions.toggleMic.mock.calls.length]).toEqual([1, 1]);
    giveBack();
    expect([...handlers]).toEqual([["hangup", null], ["togglemicrophone", null]]);
  });

  it("show what is on, where the system can show it", () => {
    tellButtons(false, true);
    expect(setMicrophoneActive.mock.calls).toEqual([[false]]);
    vi.stubGlobal("navigator", {});
    expect(() => [tellButtons(true, true), takeButtons(actions as unknown as Actions)()]).not.toThrow();
  });
});
