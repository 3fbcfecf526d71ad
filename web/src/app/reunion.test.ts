// The controller of `again`, on a fake server and fake devices.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { eventually, FakeDevices, fakeServer, PlainBoard, refusal, told, welcome } from "../testing/board.ts";
import { FakeStream } from "../testing/peer.ts";
import { MediaController } from "./media.ts";
import { ReunionController } from "./reunion.ts";
import { OfferStore } from "./offers.ts";
import { makeOffer } from "../seal/handshake.ts";

let board: PlainBoard;
let server: ReturnType<typeof fakeServer>;
let devices: FakeDevices;
let offers: OfferStore;
let reunion: ReunionController;

beforeEach(() => {
  vi.stubGlobal("RTCPeerConnection", class {});
  vi.stubGlobal("MediaStream", FakeStream);
  board = new PlainBoard();
  server = fakeServer();
  devices = new FakeDevices();
  offers = new OfferStore(makeOffer);
  const media = new MediaController(board, devices);
  devices.onChange = () => media.changed();
  reunion = new ReunionController(board, server, media, offers);
  board.dispatch({ type: "welcome", args: welcome() });
});

/** A sealed chat whose partner was lost. Afterwards we are back on the first screen. */
async function after(mode: "video" | "text", commit: string | null = "theirs"): Promise<void> {
  if (mode === "video") await devices.acquire();
  await offers.forSearch();
  board.dispatch({ type: "search", mode, anyone: false });
  board.dispatch({ type: "matched", args: told("c", "theirs", { mode }) });
  offers.take("c", "theirs");
  offers.learn("c", commit);
  board.dispatch({ type: "sealed", chat: "c", emoji: [1, 2, 3, 4] });
  board.dispatch({ type: "ended", chat: "c", reason: "lost" });
  board.dispatch({ type: "stop" });
  devices.release();
}

const asked = () => board.state.last?.again;

describe("the same person again", () => {
  it("is asked for once", async () => {
    await after("text");
    reunion.ask();
    reunion.ask();
    await eventually(() => expect(asked()).toBe("asked"));
    expect(server.again.mock.calls).toEqual([["c"]]);
  });

  it("of a video chat has the devices back as they were, before the server is asked", async () => {
    await after("video");
    server.again.mockImplementation(async () => {
      expect(devices.tracks.video).not.toBeNull();
      return { ok: true };
    });
    reunion.ask();
    await eventually(() => expect(asked()).toBe("asked"));
  });

  it("is not asked for without a commitment, by which we would know them", async () => {
    await after("text", null);
    reunion.ask();
    await eventually(() => expect(asked()).toBe("gone"));
    expect(server.again).not.toHaveBeenCalled();
  });

  it("who has gone is said to be gone, and the camera goes dark", async () => {
    await after("video");
    server.again.mockResolvedValue(refusal("chat_over"));
    reunion.ask();
    await eventually(() => expect(asked()).toBe("gone"));
    expect(devices.tracks).toEqual({ audio: null, video: null });
  });

  it("can be asked for again after a refusal that passes", async () => {
    await after("text");
    server.again.mockResolvedValueOnce(refusal("rate_limited", 30));
    reunion.ask();
    await eventually(() => expect(board.state.last?.refusal).toBe("rate_limited"));
    expect(asked()).toBe("offered");
  });

  it("that a pause refuses can be asked for later, the pause is told, and the camera goes dark", async () => {
    await after("video");
    server.again.mockResolvedValueOnce({ ...refusal("paused", 60), reason: "nudity", open: ["text"], whose: "visit" });
    reunion.ask();
    await eventually(() => expect(board.state.pause).toMatchObject({ reason: "nudity", open: ["text"] }));
    expect([asked(), board.state.last?.refusal]).toEqual(["offered", "paused"]);
    expect(devices.tracks).toEqual({ audio: null, video: null });
  });

  it("whose match could not be made is offered again, and the camera goes dark", async () => {
    await after("video");
    reunion.ask();
    await eventually(() => expect(asked()).toBe("asked"));
    reunion.failed();
    expect([asked(), board.state.last?.refusal, devices.tracks.video]).toEqual(["offered", "internal", null]);
  });

  it("is asked for anew when the connection is back before a reply came", async () => {
    await after("text");
    board.dispatch({ type: "trouble", trouble: { kind: "lost", retryInMs: 1_000, code: null } });
    server.again.mockResolvedValueOnce(refusal("not_connected"));
    reunion.ask();
    await eventually(() => expect(server.again).toHaveBeenCalledTimes(1));
    expect(asked()).toBe("asking");
    board.dispatch({ type: "welcome", args: welcome({ state: "idle" }) });
    reunion.askAnew();
    await eventually(() => expect(asked()).toBe("asked"));
  });

  it("changes nothing when the reply comes after `forget`", async () => {
    await after("text");
    const reply = Promise.withResolvers<{ ok: true }>();
    server.again.mockReturnValueOnce(reply.promise);
    reunion.ask();
    await eventually(() => expect(server.again).toHaveBeenCalledTimes(1));
    reunion.forget();
    reply.resolve({ ok: true });
    await reply.promise;
    expect(asked()).toBe("asking");
  });
});
