// The watch of a call on a fake peer connection, with a fake clock.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakePeer } from "../testing/peer.ts";
import type { Quality } from "./quality.ts";
import { Watch } from "./watch.ts";

let peer: FakePeer;
let watch: Watch;
let told: Quality[];

beforeEach(() => {
  vi.useFakeTimers();
  peer = new FakePeer({});
  peer.addTransceiver("audio");
  peer.addTransceiver("video");
  told = [];
  watch = new Watch(peer as unknown as RTCPeerConnection, (quality) => void told.push(quality));
});

afterEach(() => void vi.useRealTimers());

const limits = () => peer.transceivers.map(({ sender }) => sender.parameters.encodings[0] ?? {});
const looks = (count: number) => vi.advanceTimersByTimeAsync(count * 2_000);

describe("the watch", () => {
  it("limits our picture from the start, and leaves our sound alone", async () => {
    watch.start();
    await looks(0);
    expect(limits()[0]).toEqual({});
    expect(limits()[1]).toMatchObject({ scaleResolutionDownBy: 1 });
  });

  it("tells the quality from the second look on, and sends less when much is lost", async () => {
    watch.start();
    await looks(1);
    expect(told).toEqual([]);
    const before = limits()[1]?.["maxBitrate"];
    peer.rows = [{ type: "remote-inbound-rtp", fractionLost: 0.4 }];
    await looks(1);
    expect(told).toEqual([{ bars: 0, cause: "yours" }]);
    expect(limits()[1]?.["maxBitrate"]).toBeLessThan(Number(before));
  });

  it("sets no limit anew for a small change: each time Firefox stops the partner's picture for a moment", async () => {
    const setting = vi.spyOn(peer.transceivers[1]!.sender, "setParameters");
    watch.start();
    peer.rows = [{ type: "remote-inbound-rtp", fractionLost: 0 }];
    await looks(30);
    expect(setting).toHaveBeenCalledTimes(1);
    for (const fractionLost of [0.11, 0, 0.03]) {
      peer.rows = [{ type: "remote-inbound-rtp", fractionLost }];
      await looks(1);
    }
    expect(setting).toHaveBeenCalledTimes(1);
  });

  it("says nothing more once it is stopped", async () => {
    watch.start();
    await looks(2);
    watch.stop();
    const { length } = told;
    await looks(5);
    expect(told).toHaveLength(length);
  });

  it("makes the picture small to save data, also where little gets through", async () => {
    watch.start();
    peer.rows = [{ type: "remote-inbound-rtp", fractionLost: 0.3 }];
    await looks(16);
    expect(limits()[1]?.["maxBitrate"]).toBeLessThan(230_000);
    peer.rows = [];
    await looks(1);
    watch.setSaver(true);
    await looks(0);
    expect(limits()[1]).toMatchObject({ maxFramerate: 15 });
  });

  it("makes the picture small at once to save data, and large again after", async () => {
    watch.start();
    watch.setSaver(true);
    await looks(0);
    expect(limits()[1]).toMatchObject({ scaleResolutionDownBy: 2, maxFramerate: 15 });
    watch.setSaver(false);
    await looks(0);
    expect(limits()[1]).toMatchObject({ scaleResolutionDownBy: 1, maxFramerate: 30 });
  });
});
