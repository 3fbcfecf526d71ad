// Connects our camera and microphone with the state: requests go to the devices, changes and faults to the state.

import { canBlur, permissionOf, watchPermissions } from "../call/request.ts";
import { facingOf } from "../call/devices.ts";
import type { Step } from "../contract.ts";
import type { MediaState } from "../seal/content.ts";
import type { DeviceActions } from "../state/actions.ts";
import { choiceOf, type Choice, keptChoice, NO_CHOICE } from "../state/gear.ts";
import { wantsCamera, wantsMedia } from "../state/last.ts";
import type { Bring } from "../state/model.ts";
import { store, stored } from "../stored.ts";
import type { Ours } from "./conversation.ts";
import { type Board, liveChat, type OwnDevices } from "./ports.ts";

/** Our devices for the other controllers. No method rejects: a fault goes into the state. */
export class MediaController implements DeviceActions {
  private number = 0; // an older question to the browser is stale
  /** What the visitor was last asked for before a search. */
  asked: MediaState = { mic: false, cam: false };

  constructor(
    private readonly board: Board,
    private readonly devices: OwnDevices,
  ) {
    devices.onListing = (listing) => board.dispatch({ type: "gear", gear: listing });
  }

  /** Called when the page opens: takes what was chosen on this device, and follows what the browser allows. */
  begin(): void {
    const chosen = choiceOf(stored("devices"));
    this.board.dispatch({ type: "gear", gear: { chosen } });
    const { noise, blur } = this.board.state.settings;
    void this.devices.prefer({ mic: chosen.mic, cam: chosen.cam, noise, blur });
    watchPermissions((_, state) => state === "granted" && void this.allowed());
  }

  /**
   * Asks the browser for what the visitor brings or, with `as`, for what was on. True if we have at least one device and
   * the visitor has not gone elsewhere meanwhile.
   */
  async prepare(as: MediaState = { mic: true, cam: this.board.state.bring === "both" }): Promise<boolean> {
    const number = ++this.number;
    this.asked = as;
    this.board.dispatch({ type: "prepare" });
    if (!(await this.devices.acquire({ audio: as.mic, video: as.cam }))) {
      if (number === this.number) this.board.dispatch({ type: "no_device" });
      return false;
    }
    return number === this.number && this.board.state.screen === "preparing";
  }

  /** Whether a search can begin without a question: the preview has turned on what the visitor brings, or said why not. */
  get isReady(): boolean {
    const { audio, video } = this.devices.tracks;
    return audio !== null || video !== null;
  }

  /**
   * Shows the visitor the own picture and the level of the microphone. `allowed`: only if the browser then asks nothing.
   * What nothing else needs is turned off with the preview.
   */
  async preview(on: boolean | "allowed"): Promise<void> {
    const { screen, bring } = this.board.state;
    if (on === "allowed" && !(await isAllowed(bring))) return;
    if (on === "allowed" && this.board.state.entry.wanted !== "video") return; // the sheet is closed again
    this.board.dispatch({ type: "preview", on: on !== false });
    if (on !== false) await this.devices.acquire({ audio: true, video: bring === "both" });
    else if (!wantsMedia(this.board.state)) this.devices.release();
    else if (screen === "chat" && !wantsCamera(this.board.state) && this.board.state.chat?.mode === "text") await this.devices.setCam(false);
  }

  /** With the camera or without it: for the preview now, and for the next search. */
  bring(bring: Bring): void {
    this.board.dispatch({ type: "bring", bring });
    if (this.board.state.previewing) void this.devices.setCam(bring === "both");
  }

  async toggleMic(): Promise<void> {
    if (this.stirs()) await this.devices.setMic(!this.board.state.media.mic);
  }

  async toggleCam(): Promise<void> {
    if (!this.stirs()) return;
    const { media } = this.board.state;
    this.board.dispatch({ type: "bring", bring: media.cam ? "sound" : "both" });
    await this.devices.setCam(!media.cam);
  }

  /** Takes another device, and keeps the choice on this device. What is on is exchanged at once, also in a chat. */
  choose(chosen: Partial<Choice>): void {
    const { gear } = this.board.dispatch({ type: "gear", gear: { chosen: { ...this.board.state.gear.chosen, ...chosen } } });
    store("devices", keptChoice(gear.chosen));
    void this.devices.prefer({ mic: gear.chosen.mic, cam: gear.chosen.cam });
  }

  /** Takes the camera of the phone that looks the other way, for as long as the page is open. */
  flip(): void {
    const facing = this.board.state.gear.facing === "environment" ? "user" : "environment";
    void this.devices.prefer({ cam: null, facing });
  }

  /** Follows the settings of noise and blur. */
  tune(): void {
    const { noise, blur } = this.board.state.settings;
    void this.devices.prefer({ noise, blur });
  }

  /** Forgets which devices were chosen. */
  forget(): void {
    this.choose(NO_CHOICE);
    this.tune();
  }

  /** Asks again for what is not there: the visitor says that it should work now. */
  async retry(): Promise<void> {
    const { micFault, camFault } = this.board.state.media;
    if (!this.isReady) return void (await this.devices.acquire({ audio: true, video: this.board.state.bring === "both" }));
    if (micFault !== null) await this.devices.setMic(true);
    if (camFault !== null) await this.devices.setCam(true);
  }

  /** The visitor has told the browser that we may. Whoever waits for that has it at once; else we only stop complaining. */
  private async allowed(): Promise<void> {
    const { previewing, media } = this.board.state;
    const isDenied = media.micFault === "denied" || media.camFault === "denied";
    if (previewing && isDenied) return this.retry();
    if (media.micFault === "denied") this.board.dispatch({ type: "media", media: { micFault: null } });
    if (media.camFault === "denied") this.board.dispatch({ type: "media", media: { camFault: null } });
  }

  /** Turns on what was on before. Does nothing if a search or chat already uses the devices. */
  async restore(media: MediaState): Promise<void> {
    if (wantsMedia(this.board.state)) return;
    this.board.dispatch({ type: "media", media: { resting: null } });
    await this.devices.restore(media);
  }

  /** The call rests, or is over: both go off. `wake` turns on again what was on. */
  rest(): void {
    const { mic, cam, resting } = this.board.state.media;
    this.devices.release();
    this.board.dispatch({ type: "media", media: { resting: resting ?? { mic, cam } } });
  }

  /** Called when a search begins, or a call is tried again: what rests is turned on again. */
  wake(): void {
    const { resting } = this.board.state.media;
    if (resting === null) return;
    this.board.dispatch({ type: "media", media: { resting: null } });
    void this.devices.restore(resting);
  }

  /** Asks the browser for what a step of a text chat needs. True if we have it, or at least one of two devices. */
  ready(step: Step): Promise<boolean> {
    const { mic, cam } = this.board.state.media;
    if (step === 2 && !mic && !cam) return this.devices.acquire();
    return step === 2 ? this.devices.setCam(true) : this.devices.setMic(true);
  }

  /** Turns off what a step of a text chat does not need. */
  lowerTo(step: Step): void {
    if (step === 0) this.devices.release();
    else if (step === 1) void this.devices.setCam(false);
  }

  /** Turns both devices off. */
  release(): void {
    this.number++;
    this.devices.release();
    this.board.dispatch({ type: "preview", on: false });
    this.board.dispatch({ type: "media", media: { resting: null } });
  }

  /** Turns the devices off if nothing needs them any more: after an `again` that failed, or ten seconds after a chat. */
  releaseUnwanted(): void {
    const { audio, video } = this.devices.tracks;
    if ((audio === null && video === null) || wantsMedia(this.board.state)) return;
    const { screen, chat } = this.board.state;
    if (screen === "chat" && chat?.mode === "video") return this.rest();
    this.devices.release();
    this.board.dispatch({ type: "media", media: { resting: null } });
  }

  /** Whether a button acts: after a chat not until the next search. In a chat whose call rests, it ends the rest. */
  private stirs(): boolean {
    if (this.board.state.media.resting === null) return true;
    if (liveChat(this.board.state) === null) return false;
    this.board.dispatch({ type: "media", media: { resting: null } });
    return true;
  }

  /** Called when a track came, went or ended. Tells the state and returns what we send now. */
  changed(): Ours {
    const ours = this.ours();
    const { audio, video } = ours.tracks;
    const { faults } = this.devices;
    const facing = facingOf(video);
    this.board.local = streamOf(this.board.local, ours.media.cam ? video : null); // no sound: it is our own
    this.board.voice = streamOf(this.board.voice, audio);
    this.board.dispatch({ type: "media", media: { ...ours.media, mirrored: facing !== "environment", micFault: faults.audio, camFault: faults.video } });
    this.board.dispatch({ type: "gear", gear: { inUse: { mic: idOf(audio), cam: idOf(video) }, facing, canBlur: canBlur(video) } });
    return ours;
  }

  /** What we send now: the tracks, and what the partner is told about them. What the system silences is off. */
  ours(): Ours {
    const { tracks } = this.devices;
    const { audio, video } = tracks;
    return { tracks, media: { mic: audio !== null && audio.enabled && !audio.muted, cam: video !== null && !video.muted } };
  }
}

/** A stream of this track alone; the same one while the track is the same, so that no picture flickers. */
function streamOf(before: MediaStream | null, track: MediaStreamTrack | null): MediaStream | null {
  if (track === null) return null;
  return before?.getTracks()[0] === track ? before : new MediaStream([track]);
}

function idOf(track: MediaStreamTrack | null): string | null {
  return track?.getSettings?.().deviceId ?? null;
}

async function isAllowed(bring: Bring): Promise<boolean> {
  const asked = bring === "both" ? (["audio", "video"] as const) : (["audio"] as const);
  return (await Promise.all(asked.map(permissionOf))).every((state) => state === "granted");
}
