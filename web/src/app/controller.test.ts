// The whole page's controller, as far as it is about the sheet: nobody searches before they have agreed.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { makeOffer } from "../seal/handshake.ts";
import { Connection } from "../channel/connection.ts";
import { eventually, PlainBoard } from "../testing/board.ts";
import { AppController } from "./controller.ts";

let board: PlainBoard;
let controller: AppController;
const find = vi.spyOn(Connection.prototype, "find");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.stubGlobal("navigator", { languages: ["en"] });
  find.mockReset().mockResolvedValue({ ok: true });
  board = new PlainBoard();
  board.dispatch({ type: "entry", entry: { agreed: false } });
  controller = new AppController(board, { here: null, need: () => Promise.resolve({ makeOffer }) });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What the visitor could press on any screen to get to somebody, besides the sheet's own answer. */
const WAYS: readonly [string, () => void][] = [
  ["video", () => controller.start("video")],
  ["text", () => controller.start("text")],
  ["without camera", () => controller.goWithout()],
  ["anyone", () => controller.anyone()],
  ["next", () => controller.next()],
  ["again", () => controller.again()],
  ["twice Esc", () => [controller.escape(), controller.escape()]],
  ["twice N", () => [controller.nextByKey(), controller.nextByKey()]],
];

describe("before the visitor has agreed", () => {
  it.each(WAYS)("%s begins no search and asks for no camera", async (_name, press) => {
    press();
    await new Promise((done) => setImmediate(done));
    expect(find).not.toHaveBeenCalled();
    expect([board.state.screen, board.state.search]).toEqual(["landing", null]);
  });

  it.each(["video", "text"] as const)("a start for %s opens the sheet, and `not yet` closes it", (mode) => {
    controller.start(mode);
    expect(board.state.entry).toEqual({ agreed: false, wanted: mode });
    controller.decline();
    expect(board.state.entry).toEqual({ agreed: false, wanted: null });
  });

  it("agreeing to nothing is no agreement", () => {
    controller.agree();
    expect(board.state.entry.agreed).toBe(false);
  });
});

describe("the sheet", () => {
  it("once agreed begins the search that was wanted", async () => {
    controller.start("text");
    controller.agree();
    await eventually(() => expect(find).toHaveBeenCalledTimes(1));
    expect(find.mock.calls[0]?.[0]).toMatchObject({ mode: "text" });
    expect(board.state.entry).toEqual({ agreed: true, wanted: null });
  });

  it("that was open when a pause came turns no camera on", () => {
    controller.start("video");
    board.dispatch({ type: "paused", pause: { reason: "nudity", retry_after_s: 600, open: ["text"], whose: "visit" } });
    controller.agree();
    expect(board.state).toMatchObject({ screen: "landing", search: null, entry: { agreed: true, wanted: null } });
  });

  it("is asked once per page", async () => {
    controller.start("text");
    controller.agree();
    controller.stop();
    controller.start("text");
    await eventually(() => expect(find).toHaveBeenCalled());
    expect(board.state.entry.wanted).toBeNull();
  });
});

describe("a page that the browser's cache gives back while it asked for devices", () => {
  it.each([["sound", false], ["both", true]] as const)("asks again for what the visitor brings: %s", async (bring, video) => {
    const getUserMedia = vi.fn((_wanted: MediaStreamConstraints) => new Promise<MediaStream>(() => undefined));
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("RTCPeerConnection", class {});
    vi.stubGlobal("navigator", { languages: ["en"], mediaDevices: { getUserMedia } });
    board.dispatch({ type: "entry", entry: { agreed: true } });
    controller.devices.bring(bring);
    controller.start("video");
    await eventually(() => expect(getUserMedia).toHaveBeenCalledTimes(1));
    controller.close();
    controller.reopen();
    await eventually(() => expect(getUserMedia).toHaveBeenCalledTimes(2));
    for (const [wanted] of getUserMedia.mock.calls) expect([Boolean(wanted.audio), Boolean(wanted.video)]).toEqual([true, video]);
  });
});
