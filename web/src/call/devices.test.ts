// Our devices on a fake getUserMedia: faults, and what stays on.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeStream } from "../testing/peer.ts";
import { Devices } from "./devices.ts";

class FakeTrack extends EventTarget {
  enabled = true;
  stopped = false;
  muted = false;
  readonly applyConstraints = vi.fn(async () => undefined);
  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId = kind,
  ) {
    super();
  }
  getSettings() {
    return { deviceId: this.deviceId };
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

type Which = { readonly exact?: string; readonly ideal?: string };
type Asked = { readonly audio: false | { readonly deviceId?: Which }; readonly video: false | { readonly deviceId?: Which; readonly facingMode?: string } };
let devices: Devices;
let made: FakeTrack[];
let changes: number;
/** The error of getUserMedia with this name. */
let faults: { audio?: string; video?: string; both?: string };
/** The ids of the devices that are plugged in. */
let plugged: string[];
/** What the visitor has told the browser; empty: this browser does not say. */
let permissions: { camera?: string; microphone?: string };
const media = new EventTarget();

const getUserMedia = vi.fn(async ({ audio, video }: Asked) => {
  const fault = audio && video ? (faults.both ?? faults.audio ?? faults.video) : audio ? faults.audio : faults.video;
  if (fault !== undefined) throw new DOMException("no", fault);
  const exact = [audio, video].map((wanted) => (wanted ? wanted.deviceId?.exact : undefined));
  if (exact.some((id) => id !== undefined && !plugged.includes(id))) throw new DOMException("no", "OverconstrainedError");
  const tracks = [...(audio ? [new FakeTrack("audio", exact[0] as "audio")] : []), ...(video ? [new FakeTrack("video", exact[1] as "video")] : [])];
  made.push(...tracks);
  return new GrantedStream([...tracks]);
});

beforeEach(() => {
  vi.clearAllMocks();
  [made, changes, faults, permissions, plugged] = [[], 0, {}, {}, ["audio", "video"]];
  vi.stubGlobal("isSecureContext", true);
  const enumerateDevices = async () => plugged.map((deviceId) => ({ deviceId, kind: deviceId.startsWith("audio") ? "audioinput" : "videoinput", label: `the ${deviceId}` }));
  const query = async ({ name }: { readonly name: "camera" | "microphone" }) => {
    if (permissions[name] === undefined) throw new TypeError("unknown");
    return { state: permissions[name] };
  };
  vi.stubGlobal("navigator", { mediaDevices: Object.assign(media, { getUserMedia, enumerateDevices }), permissions: { query } });
  devices = new Devices();
  devices.onChange = () => changes++;
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const have = () => [devices.tracks.audio !== null, devices.tracks.video !== null];

describe("camera and microphone", () => {
  it("are asked for together, once", async () => {
    await devices.acquire();
    await devices.acquire();
    expect([have(), getUserMedia.mock.calls.length, changes]).toEqual([[true, true], 1, 1]);
  });

  it.each([
    ["a missing camera", { both: "NotFoundError", video: "NotFoundError" }, [true, false], { audio: null, video: "missing" }],
    ["a camera that another program uses", { both: "NotReadableError", video: "NotReadableError" }, [true, false], { audio: null, video: "busy" }],
    ["a missing microphone", { both: "NotFoundError", audio: "NotFoundError" }, [false, true], { audio: "missing", video: null }],
    ["a missing camera, and a microphone that is in use", { both: "NotFoundError", video: "NotFoundError", audio: "NotReadableError" }, [false, false], { audio: "busy", video: "missing" }],
  ] as const)("of which one will not do are still a call, and it says which: %s", async (_what, broken, left, said) => {
    faults = broken;
    expect(await devices.acquire()).toBe(left.some(Boolean));
    expect([have(), devices.faults]).toEqual([left, said]);
  });

  it.each([
    ["the camera is blocked", { camera: "denied", microphone: "granted" }, [true, false], 2],
    ["the camera is blocked and nobody was asked for the microphone", { camera: "denied", microphone: "prompt" }, [true, false], 2],
    ["the microphone is blocked", { camera: "granted", microphone: "denied" }, [false, true], 2],
    ["the question was closed", { camera: "prompt", microphone: "prompt" }, [false, false], 1],
    ["both are blocked", { camera: "denied", microphone: "denied" }, [false, false], 1],
    ["the browser does not tell", {}, [true, false], 2],
  ] as const)("that are refused together: %s", async (_what, told, left, questions) => {
    permissions = told;
    faults = { both: "NotAllowedError", ...(left[0] ? {} : { audio: "NotAllowedError" }), ...(left[1] ? {} : { video: "NotAllowedError" }) };
    await devices.acquire();
    expect([have(), getUserMedia.mock.calls.length]).toEqual([left, questions]);
    expect(devices.faults).toEqual({ audio: left[0] ? null : "denied", video: left[1] ? null : "denied" });
  });

  it.each([
    ["NotAllowedError", "denied", 2],
    ["SecurityError", "denied", 2],
    ["NotFoundError", "missing", 3],
    ["OverconstrainedError", "missing", 3],
    ["NotReadableError", "busy", 3],
    ["AbortError", "busy", 3],
    ["WhateverError", "unknown", 3],
  ] as const)("that fail with %s are %s, after %d attempts", async (name, fault, attempts) => {
    faults = { audio: name, video: name, both: name };
    expect([await devices.acquire(), devices.faults]).toEqual([false, { audio: fault, video: fault }]);
    expect(getUserMedia).toHaveBeenCalledTimes(attempts);
  });

  it("are refused without https, and where the browser has no getUserMedia", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect([await devices.acquire(), devices.faults.video]).toEqual([false, "insecure"]);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", {});
    expect([await devices.acquire(), devices.faults.audio]).toEqual([false, "unsupported"]);
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

  it("that ends by itself is gone, and that is told at once", () => {
    const before = changes;
    made[1]?.dispatchEvent(new Event("ended"));
    expect([have(), changes]).toEqual([[true, false], before + 1]);
  });

  it.each([
    ["was unplugged", { unplug: true, camera: "granted" }, "unplugged"],
    ["was forbidden", { unplug: false, camera: "denied" }, "denied"],
    ["was ended by the browser", { unplug: false, camera: "granted" }, "stopped"],
  ] as const)("the camera, that %s, says so, and no other camera takes over", async (_what, { unplug, camera }, fault) => {
    permissions = { camera, microphone: "granted" };
    plugged = unplug ? ["audio", "video-2"] : ["audio", "video"];
    made[1]?.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect(devices.faults.video).toBe(fault));
    expect([have(), made.length]).toEqual([[true, false], 2]);
  });

  it("the microphone, unplugged while it is on, is replaced by another one, and that is said", async () => {
    plugged = ["audio-2", "video"];
    made[0]?.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect([have(), devices.faults.audio]).toEqual([[true, true], "unplugged"]));
  });

  it("the microphone, unplugged while it is muted, is not replaced", async () => {
    await devices.setMic(false);
    plugged = ["audio-2", "video"];
    made[0]?.dispatchEvent(new Event("ended"));
    await vi.waitFor(() => expect(devices.faults.audio).toBe("unplugged"));
    expect(have()).toEqual([false, true]);
  });

  it("that the system silences says so, until it is back", () => {
    const [audio] = made;
    Object.assign(audio ?? {}, { muted: true });
    audio?.dispatchEvent(new Event("mute"));
    expect(devices.faults.audio).toBe("held");
    Object.assign(audio ?? {}, { muted: false });
    audio?.dispatchEvent(new Event("unmute"));
    expect(devices.faults.audio).toBeNull();
  });

  it("that the system silences is asked for anew when the visitor turns it on", async () => {
    Object.assign(made[1] ?? {}, { muted: true });
    await devices.setCam(true);
    expect([devices.tracks.video, made[1]?.stopped]).toEqual([made[2], true]);
  });

  it("that is exchanged ends before the next is asked for, and a muted microphone stays muted", async () => {
    plugged = ["audio", "audio-2", "video", "video-2"];
    await devices.setMic(false);
    getUserMedia.mockImplementationOnce(async () => {
      expect(made[0]?.stopped).toBe(true);
      return new GrantedStream([made[made.push(new FakeTrack("audio")) - 1]]);
    });
    await devices.prefer({ mic: "audio-2" });
    expect([devices.tracks.audio, devices.tracks.audio?.enabled]).toEqual([made[2], false]);
    await devices.prefer({ cam: "video-2" });
    expect([made[3]?.deviceId, made[1]?.stopped, made[3]?.enabled]).toEqual(["video-2", true, true]);
  });

  it("that was chosen and has gone is passed over for any other", async () => {
    await devices.prefer({ cam: "gone" });
    expect([devices.tracks.video !== null, devices.faults.video]).toEqual([true, null]);
  });

  it("of a phone is exchanged for the one that looks the other way", async () => {
    await devices.prefer({ facing: "environment" });
    expect(getUserMedia.mock.calls.at(-1)?.[0].video).toMatchObject({ facingMode: "environment" });
  });

  it("follows the choice of noise and blur without a new question", async () => {
    const before = getUserMedia.mock.calls.length;
    await devices.prefer({ noise: false, blur: true });
    expect(made[0]?.applyConstraints).toHaveBeenCalledWith(expect.objectContaining({ noiseSuppression: false, echoCancellation: true }));
    expect(made[1]?.applyConstraints).toHaveBeenCalledWith(expect.objectContaining({ backgroundBlur: true }));
    expect(getUserMedia).toHaveBeenCalledTimes(before);
  });

  it("that comes or goes changes the list", async () => {
    const listed = vi.fn<Devices["onListing"]>();
    devices.onListing = listed;
    plugged = ["audio", "video", "video-2"];
    media.dispatchEvent(new Event("devicechange"));
    await vi.waitFor(() => expect(listed.mock.lastCall?.[0].cams).toEqual([{ id: "video", name: "the video" }, { id: "video-2", name: "the video-2" }]));
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
