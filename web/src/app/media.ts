// Camera and microphone, as the rest of the page sees them.

import { DeviceError } from "../call/devices.ts";
import type { MediaState } from "../seal/content.ts";
import { wantsMedia } from "../state/last.ts";
import type { Ours } from "./conversation.ts";
import type { Board, OwnDevices } from "./ports.ts";

export class MediaController {
  constructor(
    private readonly board: Board,
    private readonly devices: OwnDevices,
  ) {}

  /** Asks for both. True if the visitor still waits for it and there is one of them at least. */
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

  /** What was on before, unless something holds them already. */
  async restore(media: MediaState): Promise<void> {
    if (!wantsMedia(this.board.state)) await this.change(() => this.devices.restore(media));
  }

  release(): void {
    this.devices.release();
  }

  /** What nothing needs any more goes dark: the camera of who asked for somebody again, in vain. */
  releaseUnwanted(): void {
    const { audio, video } = this.devices.tracks;
    if ((audio !== null || video !== null) && !wantsMedia(this.board.state)) this.devices.release();
  }

  /** A track came, went or ended. Returns what there is now. */
  changed(): Ours {
    const ours = this.ours();
    const { video } = ours.tracks;
    this.board.local = video === null ? null : new MediaStream([video]); // no sound: it is our own
    this.board.dispatch({ type: "media", media: ours.media });
    return ours;
  }

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
