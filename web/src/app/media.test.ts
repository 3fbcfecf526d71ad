// The media controller on fake devices.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeDevices, PlainBoard } from "../testing/board.ts";
import { MediaController } from "./media.ts";

let board: PlainBoard;
let devices: FakeDevices;
let media: MediaController;

beforeEach(() => {
  vi.stubGlobal("MediaStream", class { constructor(readonly tracks: unknown[] = []) {} });
  board = new PlainBoard();
  devices = new FakeDevices();
  media = new MediaController(board, devices);
  devices.onChange = () => media.changed();
});

describe("before a video search", () => {
  it("asks for both, and says so meanwhile", async () => {
    const asked = media.prepare();
    expect(board.state.screen).toBe("preparing");
    expect(await asked).toBe(true);
    expect(board.state.media).toEqual({ mic: true, cam: true, fault: null });
  });

  it.each(["denied", "missing", "busy"] as const)("stops at the device screen when it is %s", async (fault) => {
    devices.fault = fault;
    expect(await media.prepare()).toBe(false);
    expect([board.state.screen, board.state.media.fault]).toEqual(["device", fault]);
  });

  it("does not search if the visitor has gone back meanwhile", async () => {
    const asked = media.prepare();
    board.dispatch({ type: "stop" });
    expect(await asked).toBe(false);
  });
});

describe("the own picture", () => {
  it("is shown without the own sound, and goes with the camera", async () => {
    await media.prepare();
    expect(board.local).toMatchObject({ tracks: [{ kind: "video" }] });
    await media.toggleCam();
    expect([board.local, board.state.media.cam]).toEqual([null, false]);
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
    expect([board.state.screen, board.state.media.fault]).toEqual(["landing", "denied"]);
    devices.fault = null;
    await media.toggleCam();
    expect(board.state.media.fault).toBeNull();
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
    board.dispatch({ type: "search", mode: "video", anyone: false });
    media.releaseUnwanted();
    expect(devices.releases).toBe(0);
  });

  it("is not asked for again while it is in use", async () => {
    await media.prepare();
    board.dispatch({ type: "search", mode: "video", anyone: false });
    const held = devices.tracks;
    await media.restore({ mic: true, cam: true });
    expect(devices.tracks).toBe(held);
  });
});
