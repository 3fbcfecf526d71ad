// Our devices on a fake getUserMedia: faults, and what stays on.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeStream } from "../testing/peer.ts";
import { DeviceError, Devices } from "./devices.ts";

class FakeTrack extends EventTarget {
  enabled = true;
  stopped = false;
  constructor(readonly kind: "audio" | "video") {
    super();
  }
  stop(): void {
    this.stopped = true;
  }
}

class GrantedStream extends FakeStream {
  getAudioTracks() {
    return this.getTracks().filter((track) => (track as FakeTrack).kind === "audio");
  }
  getVideoTracks() {
    return this.getTracks().filter((track) => (track as FakeTrack).kind === "video");
  }
}

type Asked = { readonly audio: unknown; readonly video: unknown };
let devices: Devices;
let made: FakeTrack[];
let changes: number;
/** The error of getUserMedia with this name. */
let faults: { audio?: string; video?: string; both?: string };

const getUserMedia = vi.fn(async ({ audio, video }: Asked) => {
  const fault = audio && video ? (faults.both ?? faults.audio ?? faults.video) : audio ? faults.audio : faults.video;
  if (fault !== undefined) throw new DOMException("no", fault);
  const tracks = [...(audio ? [new FakeTrack("audio")] : []), ...(video ? [new FakeTrack("video")] : [])];
  made.push(...tracks);
  return new GrantedStream([...tracks]);
});

beforeEach(() => {
  vi.clearAllMocks();
  [made, changes, faults] = [[], 0, {}];
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  devices = new Devices();
  devices.onChange = () => changes++;
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const faultOf = (asked: Promise<void>) => asked.then(() => null, (error: unknown) => (error instanceof DeviceError ? error.fault : error));
const have = () => [devices.tracks.audio !== null, devices.tracks.video !== null];

describe("camera and microphone", () => {
  it("are asked for together, once", async () => {
    await devices.acquire();
    await devices.acquire();
    expect([have(), getUserMedia.mock.calls.length, changes]).toEqual([[true, true], 1, 1]);
  });

  it.each([
    ["a missing camera", { both: "NotFoundError", video: "NotFoundError" }, [true, false]],
    ["a camera that another program uses", { both: "NotReadableError", video: "NotReadableError" }, [true, false]],
    ["a missing microphone", { both: "NotFoundError", audio: "NotFoundError" }, [false, true]],
  ] as const)("of which one will not do are still a call: %s", async (_what, broken, left) => {
    faults = broken;
    await devices.acquire();
    expect(have()).toEqual(left);
  });

  it.each([
    ["NotAllowedError", "denied", 1],
    ["SecurityError", "denied", 1],
    ["NotFoundError", "missing", 3],
    ["OverconstrainedError", "missing", 3],
    ["NotReadableError", "busy", 3],
    ["AbortError", "busy", 3],
    ["WhateverError", "unknown", 3],
  ] as const)("that fail with %s are %s, after %d attempts", async (name, fault, attempts) => {
    faults = { audio: name, video: name, both: name };
    expect(await faultOf(devices.acquire())).toBe(fault);
    expect(getUserMedia).toHaveBeenCalledTimes(attempts);
  });

  it("are refused without https, and where the browser has no getUserMedia", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect(await faultOf(devices.acquire())).toBe("insecure");
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", {});
    expect(await faultOf(devices.acquire())).toBe("unsupported");
  });

  it("that are granted after all was released are stopped at once", async () => {
    const asked = devices.acquire();
    devices.release();
    await asked;
    expect([have(), made.map(({ stopped }) => stopped)]).toEqual([[false, false], [true, true]]);
  });
});

describe("one of them", () => {
  beforeEach(() => devices.acquire());

  it("muted is kept, so that it is back at once", async () => {
    await devices.setMic(false);
    expect([devices.tracks.audio?.enabled, made[0]?.stopped]).toEqual([false, false]);
    await devices.setMic(true);
    expect([devices.tracks.audio?.enabled, getUserMedia.mock.calls.length]).toEqual([true, 1]);
  });

  it("the camera, ends when it is off: its light goes out", async () => {
    await devices.setCam(false);
    expect([devices.tracks.video, made[1]?.stopped]).toEqual([null, true]);
    await devices.setCam(true);
    expect(devices.tracks.video).toBe(made[2]);
  });

  it("switched off while the browser still asks stays off", async () => {
    await devices.setCam(false);
    const on = devices.setCam(true);
    await devices.setCam(false);
    await on;
    expect([devices.tracks.video, made[2]?.stopped]).toEqual([null, true]);
  });

  it("that ends by itself is gone, and that is told", () => {
    const before = changes;
    made[1]?.dispatchEvent(new Event("ended"));
    expect([have(), changes]).toEqual([[true, false], before + 1]);
  });
});

describe("after a release", () => {
  it.each([
    [{ mic: true, cam: true }, [true, true]],
    [{ mic: true, cam: false }, [true, false]],
    [{ mic: false, cam: true }, [false, true]],
    [{ mic: false, cam: false }, [false, false]],
  ])("what was on is restored: %j", async (media, there) => {
    await devices.acquire();
    devices.release();
    await devices.restore(media);
    expect(have()).toEqual(there);
  });
});
