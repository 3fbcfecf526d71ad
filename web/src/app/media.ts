// Connects our camera and microphone with the state: requests go to the devices, changes and faults to the state.

import { DeviceError } from "../call/devices.ts";
import type { MediaState } from "../seal/content.ts";
import { wantsMedia } from "../state/last.ts";
import type { Ours } from "./conversation.ts";
import type { Board, OwnDevices } from "./ports.ts";

/** Our devices for the other controllers. No method rejects: a fault goes into the state. */
export class MediaController {
  constructor(
    private readonly board: Board,
    private readonly devices: OwnDevices,
  ) {}

  /** Asks the browser for both. True if we have at least one and the visitor has not gone elsewhere meanwhile. */
  async prepare(): Promise<boolean> {
    this.board.dispatch({ type: "prepare" });
    try {
      await this.devices.acquire();
    } catch (error) {
      this.board.dispatch({ type: "device_fault", fault: faultOf(error), blocking: true });
      return false;
    }
    return this.board.state.screen === "preparing";
  }

  toggleMic(): Promise<void> {
    return this.change(() => this.devices.setMic(!this.board.state.media.mic));
  }

  toggleCam(): Promise<void> {
    return this.change(() => this.devices.setCam(!this.board.state.media.cam));
  }

  /** Turns on what was on before. Does nothing if a search or chat already uses the devices. */
  async restore(media: MediaState): Promise<void> {
    if (!wantsMedia(this.board.state)) await this.change(() => this.devices.restore(media));
  }

  /** Turns both devices off. */
  release(): void {
    this.devices.release();
  }

  /** Turns the devices off if nothing needs them any more, as after an `again` that failed. */
  releaseUnwanted(): void {
    const { audio, video } = this.devices.tracks;
    if ((audio !== null || video !== null) && !wantsMedia(this.board.state)) this.devices.release();
  }

  /** Called when a track came, went or ended. Tells the state and returns what we send now. */
  changed(): Ours {
    const ours = this.ours();
    const { video } = ours.tracks;
    this.board.local = video === null ? null : new MediaStream([video]); // no sound: it is our own
    this.board.dispatch({ type: "media", media: ours.media });
    return ours;
  }

  /** What we send now: the tracks, and what the partner is told about them. */
  ours(): Ours {
    const { tracks } = this.devices;
    return { tracks, media: { mic: tracks.audio?.enabled ?? false, cam: tracks.video !== null } };
  }

  private async change(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.board.dispatch({ type: "device_fault", fault: null, blocking: false });
    } catch (error) {
      this.board.dispatch({ type: "device_fault", fault: faultOf(error), blocking: false });
    }
  }
}

function faultOf(error: unknown) {
  return error instanceof DeviceError ? error.fault : "unknown";
}
