// Our camera and microphone. The browser is asked when the visitor wants them, and the tracks are kept from call to call.

import { isThere, list, type Listing } from "./listing.ts";
import { audioOf, type DeviceFault, type Facing, faultOf, isWorthAsking, type Kind, permissionOf, PLAIN, request, type Taste, videoOf, type Wanted } from "./request.ts";

export { DeviceError, type DeviceFault, type Facing, type Kind, type Taste, type Wanted } from "./request.ts";

/** One of the two: its track while we have it, and why we have none or it gives nothing. */
interface Slot {
  track: MediaStreamTrack | null;
  fault: DeviceFault | null;
  /** The visitor wants it on. */
  wanted: boolean;
}

const BOTH: Wanted = { audio: true, video: true };
const FOR_ALL: ReadonlySet<DeviceFault> = new Set(["insecure", "unsupported"]);

/** The two tracks of this page. */
export class Devices {
  private readonly slots: Readonly<Record<Kind, Slot>> = { audio: empty(), video: empty() };
  private generation = 0;
  private isFollowing = false;
  private taste = PLAIN;
  /** Called when a track came, went, was silenced or ended by itself, and when a fault is known. */
  onChange: () => void = () => undefined;
  /** Called with the devices that are there, when we know them and when they change. */
  onListing: (listing: Listing) => void = () => undefined;

  /**
   * Asks the browser for what is wanted, unless we have one already. True once we have at least one of them: sound
   * without a picture is still a call. `faults` says why the other one is not there.
   */
  async acquire(wanted: Wanted = BOTH): Promise<boolean> {
    if (this.hasAny) return true;
    const generation = ++this.generation;
    for (const kind of kindsOf(wanted)) this.slots[kind].wanted = true;
    const together = wanted.audio && wanted.video ? await this.tryFor(wanted, generation) : null;
    if (together === "denied") await this.askAlone(generation);
    else if (together === null || (together !== "given" && !FOR_ALL.has(together))) await this.askEach(wanted, generation);
    if (generation === this.generation) this.onChange();
    return this.hasAny;
  }

  /** Called after a release: asks for the devices that were on. */
  async restore({ mic, cam }: { readonly mic: boolean; readonly cam: boolean }): Promise<void> {
    if (mic || cam) await this.acquire({ audio: mic, video: cam });
  }

  /** What we have now; null: that device is off or was never granted. A muted microphone keeps its track. */
  get tracks(): { readonly audio: MediaStreamTrack | null; readonly video: MediaStreamTrack | null } {
    return { audio: this.slots.audio.track, video: this.slots.video.track };
  }

  /** Why a device is not there or gives nothing; null: it is on, or the visitor turned it off. */
  get faults(): Readonly<Record<Kind, DeviceFault | null>> {
    return { audio: this.slots.audio.fault, video: this.slots.video.fault };
  }

  private get hasAny(): boolean {
    return this.slots.audio.track !== null || this.slots.video.track !== null;
  }

  /** Off only mutes: a microphone has no light, and is then back at once. True if it is as asked. */
  async setMic(on: boolean): Promise<boolean> {
    const slot = this.slots.audio;
    slot.wanted = on;
    if (on && (slot.track === null || slot.track.muted)) await this.renew("audio");
    if (slot.track !== null) slot.track.enabled = slot.wanted;
    if (!on) slot.fault = null;
    this.onChange();
    return !on || slot.track !== null;
  }

  /** Off ends the track, so that the camera's light goes out; on asks for a new one. True if it is as asked. */
  async setCam(on: boolean): Promise<boolean> {
    const slot = this.slots.video;
    slot.wanted = on;
    if (on && (slot.track === null || slot.track.muted)) await this.renew("video");
    if (!on) {
      this.drop("video");
      slot.fault = null;
    }
    this.onChange();
    return !on || slot.track !== null;
  }

  /** Takes what the visitor has chosen. A device that is on, or that failed, is exchanged if another one is chosen. */
  async prefer(taste: Partial<Taste>): Promise<void> {
    const before = this.taste;
    this.taste = { ...before, ...taste };
    const { mic, cam, facing, noise, blur } = this.taste;
    if (mic !== before.mic) await this.exchange("audio");
    else if (noise !== before.noise) await this.tune("audio");
    if (cam !== before.cam || facing !== before.facing) await this.exchange("video");
    else if (blur !== before.blur) await this.tune("video");
  }

  /** Turns both off. Tracks that the browser still grants for an earlier request are stopped at once. */
  release(): void {
    this.generation++;
    for (const kind of ["audio", "video"] as const) {
      this.drop(kind);
      Object.assign(this.slots[kind], empty());
    }
    this.onChange();
  }

  /** The first request for both was refused: asks for one alone where the visitor has said nothing of it. */
  private async askAlone(generation: number): Promise<void> {
    for (const kind of ["audio", "video"] as const) {
      if (await isWorthAsking(kind)) await this.tryFor(only(kind), generation);
    }
  }

  private async askEach(wanted: Wanted, generation: number): Promise<void> {
    for (const kind of kindsOf(wanted)) await this.tryFor(only(kind), generation);
  }

  /** Asks once. A fault is kept for each device that was asked for. */
  private async tryFor(wanted: Wanted, generation: number): Promise<DeviceFault | "given"> {
    let fault: DeviceFault | "given" = "given";
    try {
      this.adopt(await request(wanted, this.taste), generation);
    } catch (error) {
      fault = faultOf(error);
      if (generation === this.generation) for (const kind of kindsOf(wanted)) this.slots[kind].fault = fault;
    }
    return fault;
  }

  private async exchange(kind: Kind): Promise<void> {
    const slot = this.slots[kind];
    if (slot.track === null && (slot.fault === null || !slot.wanted)) return;
    await this.renew(kind);
    this.onChange();
  }

  /** Ends the track first: many phones open no second camera beside the first. A muted microphone stays muted. */
  private async renew(kind: Kind): Promise<void> {
    const { wanted } = this.slots[kind];
    this.drop(kind);
    await this.tryFor(only(kind), this.generation);
    const { track } = this.slots[kind];
    if (kind === "audio" && track !== null) track.enabled = wanted;
  }

  /** Changes a track that is on, without a new request. A browser that cannot keeps it as it was. */
  private async tune(kind: Kind): Promise<void> {
    const { track } = this.slots[kind];
    await track?.applyConstraints(kind === "audio" ? audioOf(this.taste) : videoOf(this.taste)).catch(() => undefined);
  }

  private drop(kind: Kind): void {
    this.slots[kind].track?.stop();
    this.slots[kind].track = null;
  }

  private adopt(stream: MediaStream, generation: number): void {
    for (const track of stream.getTracks()) {
      const slot = this.slots[track.kind === "audio" ? "audio" : "video"];
      // Released, turned off or granted twice while the browser still asked. A microphone that is off is only muted.
      if (generation !== this.generation || slot.track !== null || (track.kind === "video" && !slot.wanted)) track.stop();
      else this.take(slot, track);
    }
    this.follow();
  }

  private take(slot: Slot, track: MediaStreamTrack): void {
    slot.track = track;
    slot.fault = null;
    const silenced = () => {
      if (slot.track !== track) return;
      slot.fault = track.muted ? "held" : null;
      this.onChange();
    };
    track.addEventListener("mute", silenced);
    track.addEventListener("unmute", silenced);
    track.addEventListener("ended", () => void this.ended(slot, track));
  }

  /**
   * The track ended by itself: unplugged, or taken away. Another microphone takes over. Another camera never does: who
   * pulls out a camera may not want to be seen by the next one.
   */
  private async ended(slot: Slot, track: MediaStreamTrack): Promise<void> {
    if (slot.track !== track) return;
    const { generation } = this;
    slot.track = null;
    slot.fault = "stopped";
    this.onChange(); // the partner is told at once
    const kind = track.kind === "audio" ? "audio" : "video";
    const fault = await whyEnded(kind, track);
    if (generation !== this.generation || slot.track !== null) return;
    slot.fault = fault;
    const next = fault === "unplugged" && kind === "audio" && slot.wanted ? await this.tryFor(only(kind), generation) : fault;
    if (next === "given" && slot.track !== null) slot.fault = fault; // said, although the sound goes on
    this.onChange();
  }

  private follow(): void {
    void this.relist();
    if (this.isFollowing) return;
    this.isFollowing = true;
    navigator.mediaDevices.addEventListener?.("devicechange", () => void this.relist());
  }

  private async relist(): Promise<void> {
    this.onListing(await list());
  }
}

function empty(): Slot {
  return { track: null, fault: null, wanted: false };
}

function only(kind: Kind): Wanted {
  return { audio: kind === "audio", video: kind === "video" };
}

function kindsOf(wanted: Wanted): readonly Kind[] {
  return (["audio", "video"] as const).filter((kind) => wanted[kind]);
}

async function whyEnded(kind: Kind, track: MediaStreamTrack): Promise<DeviceFault> {
  if ((await permissionOf(kind)) === "denied") return "denied";
  return (await isThere(track.getSettings().deviceId)) ? "stopped" : "unplugged";
}

/** The way that the camera looks, or null where the browser does not say, as of a webcam. */
export function facingOf(track: MediaStreamTrack | null): Facing | null {
  const told = track?.getSettings?.().facingMode;
  if (told === "user" || told === "environment") return told;
  return track !== null && /\b(back|rear)\b|facing back/i.test(track.label ?? "") ? "environment" : null;
}
