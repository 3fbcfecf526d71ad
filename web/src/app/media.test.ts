// The media controller on fake devices.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { StateEvent } from "../state/events.ts";
import { wantsCamera, wantsMedia } from "../state/last.ts";
import { FakeStream } from "../testing/peer.ts";
import { FakeDevices, PlainBoard, told } from "../testing/board.ts";
import { MediaController } from "./media.ts";

let board: PlainBoard;
let devices: FakeDevices;
let media: MediaController;

beforeEach(() => {
  vi.stubGlobal("MediaStream", FakeStream);
  board = new PlainBoard();
  devices = new FakeDevices();
  media = new MediaController(board, devices);
  devices.onChange = () => media.changed();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const SEARCH: StateEvent = { type: "search", mode: "video", anyone: false };

/** A video chat with our devices on. */
async function inVideoChat(): Promise<void> {
  await media.prepare();
  board.dispatch(SEARCH);
  board.dispatch({ type: "matched", args: told("c", "theirs", { mode: "video" }) });
}

describe("before a video search", () => {
  it("asks for both, and says so meanwhile", async () => {
    const asked = media.prepare();
    expect(board.state.screen).toBe("preparing");
    expect(await asked).toBe(true);
    expect(board.state.media).toMatchObject({ mic: true, cam: true, micFault: null, camFault: null });
  });

  it("asks for the microphone alone if the visitor brings sound alone", async () => {
    media.bring("sound");
    expect(await media.prepare()).toBe(true);
    expect([board.state.media.mic, board.state.media.cam]).toEqual([true, false]);
  });

  it.each(["denied", "missing", "busy"] as const)("stops at the device screen when it is %s", async (fault) => {
    devices.fault = fault;
    expect(await media.prepare()).toBe(false);
    expect([board.state.screen, board.state.media.micFault, board.state.media.camFault]).toEqual(["device", fault, fault]);
  });

  it("does not search if the visitor has gone back meanwhile", async () => {
    const asked = media.prepare();
    board.dispatch({ type: "stop" });
    expect(await asked).toBe(false);
  });
});

describe("the preview", () => {
  it("turns on what the visitor brings, and all goes dark when it closes", async () => {
    await media.preview(true);
    expect([board.state.previewing, board.local?.getTracks(), board.voice?.getTracks()]).toMatchObject([true, [{ kind: "video" }], [{ kind: "audio" }]]);
    await media.preview(false);
    expect([board.state.previewing, devices.tracks, board.local, board.voice]).toEqual([false, { audio: null, video: null }, null, null]);
  });

  it("follows the choice between picture and sound alone", async () => {
    await media.preview(true);
    media.bring("sound");
    expect([devices.tracks.audio !== null, devices.tracks.video]).toEqual([true, null]);
    media.bring("both");
    expect(devices.tracks.video).not.toBeNull();
  });

  it("opens by itself only if the browser then asks nothing", async () => {
    board.dispatch({ type: "entry", entry: { wanted: "video" } });
    const states: Record<string, string> = { camera: "granted", microphone: "prompt" };
    vi.stubGlobal("navigator", { permissions: { query: async ({ name }: { name: string }) => ({ state: states[name] }) } });
    await media.preview("allowed");
    expect([board.state.previewing, devices.tracks.audio]).toEqual([false, null]);
    states["microphone"] = "granted";
    await media.preview("allowed");
    expect([board.state.previewing, devices.tracks.audio !== null]).toEqual([true, true]);
  });

  it("beside a video chat takes nothing from it", async () => {
    await inVideoChat();
    await media.preview(true);
    await media.preview(false);
    expect([devices.releases, board.state.media.cam]).toEqual([0, true]);
  });

  it("beside a text chat is over with its dialog", async () => {
    board.dispatch({ type: "search", mode: "text", anyone: false });
    board.dispatch({ type: "matched", args: told("c", "theirs") });
    await media.preview(true);
    expect([wantsMedia(board.state), wantsCamera(board.state)]).toEqual([true, false]);
    await media.preview(false);
    expect(devices.tracks).toEqual({ audio: null, video: null });
  });
});

describe("the own picture", () => {
  it("is shown without the own sound, and goes with the camera", async () => {
    await media.prepare();
    expect(board.local?.getTracks()).toMatchObject([{ kind: "video" }]);
    await media.toggleCam();
    expect([board.local, board.state.media.cam]).toEqual([null, false]);
  });

  it("is one and the same while the camera is, so that it does not flicker", async () => {
    await media.prepare();
    const before = board.local;
    await media.toggleMic();
    expect(board.local).toBe(before);
  });

  it.each([["user", true], ["environment", false], [undefined, true]] as const)("of a camera that looks at %s is mirrored: %s", async (facingMode, mirrored) => {
    await media.prepare();
    Object.assign(devices.tracks.video ?? {}, { getSettings: () => ({ facingMode }) });
    media.changed();
    expect(board.state.media.mirrored).toBe(mirrored);
  });

  it("is muted and unmuted without being ended", async () => {
    await media.prepare();
    const before = devices.tracks.audio;
    await media.toggleMic();
    expect([devices.tracks.audio, board.state.media.mic]).toEqual([before, false]);
  });

  it("that the browser refuses shows a fault, and the screen stays", async () => {
    devices.fault = "denied";
    await media.toggleCam();
    expect([board.state.screen, board.state.media.camFault]).toEqual(["landing", "denied"]);
    devices.fault = null;
    await media.toggleCam();
    expect(board.state.media.camFault).toBeNull();
  });

  it("that the system silences counts as off", async () => {
    await media.prepare();
    Object.assign(devices.tracks.audio ?? {}, { muted: true });
    Object.assign(devices.tracks.video ?? {}, { muted: true });
    expect([media.changed().media, board.local]).toEqual([{ mic: false, cam: false }, null]);
  });
});

describe("a device", () => {
  it("that nothing needs is turned off", async () => {
    await devices.acquire();
    media.releaseUnwanted();
    expect(devices.tracks).toEqual({ audio: null, video: null });
  });

  it("is kept while a video search needs it", async () => {
    await media.prepare();
    board.dispatch(SEARCH);
    media.releaseUnwanted();
    expect(devices.releases).toBe(0);
  });

  it("is not asked for again while it is in use", async () => {
    await media.prepare();
    board.dispatch(SEARCH);
    const held = devices.tracks;
    await media.restore({ mic: true, cam: true });
    expect(devices.tracks).toBe(held);
  });

  it("that was chosen is kept on this device, until all of it is forgotten", async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) });
    media.choose({ cam: "second" });
    media.choose({ speaker: "loud" });
    expect([kept.get("omefree.devices"), devices.taste.cam]).toEqual(['{"cam":"second","speaker":"loud"}', "second"]);
    const anew = new MediaController(board, devices);
    anew.begin();
    expect(board.state.gear.chosen).toEqual({ mic: null, cam: "second", speaker: "loud" });
    anew.forget();
    expect([kept.size, devices.taste.cam]).toEqual([0, null]);
  });
});

describe("after a chat", () => {
  beforeEach(async () => {
    vi.useFakeTimers({ now: 0, toFake: ["Date"] });
    await inVideoChat();
    await media.toggleMic();
    board.dispatch({ type: "sealed", chat: "c", emoji: [] });
    board.dispatch({ type: "ended", chat: "c", reason: "left" });
  });

  const after = (ms: number) => {
    vi.setSystemTime(ms);
    board.dispatch({ type: "tick" });
    media.releaseUnwanted();
  };

  it("camera and microphone stay on for ten seconds, and then rest", () => {
    after(9_999);
    expect([devices.releases, board.state.media.resting]).toEqual([0, null]);
    after(10_000);
    expect([devices.releases, board.state.media]).toMatchObject([1, { mic: false, cam: false, resting: { mic: false, cam: true } }]);
  });

  it("the next search turns on again what was on", () => {
    after(10_000);
    media.wake();
    expect([devices.tracks.audio, devices.tracks.video !== null, board.state.media.resting]).toEqual([null, true, null]);
  });

  it("they stay on for whoever waits for the same person again", () => {
    board.dispatch({ type: "again", chat: "c" });
    after(60_000);
    expect([devices.releases, board.state.last?.again]).toEqual([0, "asking"]);
  });

  it("they stay on while the next search runs", () => {
    board.dispatch(SEARCH);
    after(60_000);
    expect(devices.releases).toBe(0);
  });

  it("they were on, for whoever asks for the same person again", () => {
    after(10_000);
    board.dispatch(SEARCH);
    expect(board.state.last?.media).toEqual({ mic: false, cam: true });
  });

  it("resting devices cannot be turned on: nobody is there", async () => {
    after(10_000);
    await media.toggleCam();
    await media.toggleMic();
    expect(devices.tracks).toEqual({ audio: null, video: null });
  });
});

describe("a call that rests while the two go on in text", () => {
  beforeEach(async () => {
    await inVideoChat();
    board.dispatch({ type: "sealed", chat: "c", emoji: [] });
    media.rest();
  });

  it("needs no device, and does not forget what was on", () => {
    media.rest();
    expect([devices.tracks, board.state.media.resting]).toEqual([{ audio: null, video: null }, { mic: true, cam: true }]);
  });

  it("leaves the next stranger somebody to see and hear", () => {
    board.dispatch(SEARCH);
    expect(board.state.last?.media).toEqual({ mic: true, cam: true });
    media.wake();
    expect([board.state.media.mic, board.state.media.cam]).toEqual([true, true]);
  });

  it("rests no more once the visitor turns a device on", async () => {
    await media.toggleMic();
    expect(board.state.media).toMatchObject({ mic: true, cam: false, resting: null });
    await media.toggleCam();
    expect(board.state.media.cam).toBe(true);
  });
});
