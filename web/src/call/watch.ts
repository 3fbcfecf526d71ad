// Looks at a connected call every two seconds: what arrives moves the bitrate of our picture, and tells the quality.

import { isWorthSetting, nextBitrate, type Sending, sendingOf, START_BPS } from "./bitrate.ts";
import { type Quality, qualityOf, type Sample, sampleOf } from "./quality.ts";

const LOOK_EVERY_MS = 2_000;

/** The watch of one call. It looks between `start` and `stop`. */
export class Watch {
  private before: Sample | null = null;
  private bps = START_BPS;
  private saver = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly told: (quality: Quality) => void,
  ) {}

  start(): void {
    this.stop();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.limit();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.before = null;
  }

  /** Whether we send a small picture, to save data. */
  setSaver(on: boolean): void {
    if (on === this.saver) return;
    this.saver = on;
    this.bps = nextBitrate(on ? this.bps : START_BPS, { loss: null, available: null }, on);
    if (this.timer !== undefined) this.limit();
  }

  private async look(): Promise<void> {
    const { timer } = this;
    const report = await statsOf(this.peer);
    if (report === null || timer !== this.timer) return; // stopped meanwhile
    const now = sampleOf([...report.values()] as Record<string, unknown>[]);
    if (this.before !== null) this.told(qualityOf(this.before, now));
    this.before = now;
    this.bps = nextBitrate(this.bps, { loss: now.sentLoss, available: now.availableBps }, this.saver);
    this.limit();
  }

  private limit(): void {
    const sending = sendingOf(this.bps, this.saver);
    void limitAll(this.peer, sending).catch(() => undefined); // a browser that throws sends as it likes
  }
}

async function statsOf(peer: RTCPeerConnection): Promise<RTCStatsReport | null> {
  try {
    return await peer.getStats();
  } catch {
    return null;
  }
}

async function limitAll(peer: RTCPeerConnection, sending: Sending): Promise<void> {
  for (const { sender, receiver } of peer.getTransceivers()) if (receiver.track.kind === "video") await limit(sender, sending);
}

/** A sender that has no encoding yet, or a browser that knows a limit not, is left as it is. */
async function limit(sender: RTCRtpSender, sending: Sending): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (encoding === undefined) return;
  const isOtherRate = encoding.maxFramerate !== undefined && encoding.maxFramerate !== sending.maxFramerate; // to save data, or no longer
  if (!isOtherRate && !isWorthSetting(encoding.maxBitrate, sending.maxBitrate)) return;
  Object.assign(encoding, sending);
  await sender.setParameters({ ...parameters, degradationPreference: "balanced" });
}
