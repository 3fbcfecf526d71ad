// Our devices as the page shows them, and which choices of them are kept on this device. Pure.

import type { DeviceFault, Facing } from "../call/devices.ts";
import type { Listed, Listing } from "../call/listing.ts";
import type { MediaState } from "../seal/content.ts";
import { parsed } from "./kept.ts";

export type { Listed };

/** The devices that the visitor has chosen, by the browser's ids for this page; null: the browser's own choice. */
export interface Choice {
  readonly mic: string | null;
  readonly cam: string | null;
  readonly speaker: string | null;
}

/** Our devices. `mic` and `cam`: whether the partner hears and sees us. */
export interface Media extends MediaState {
  /** Our own picture is shown as in a mirror. A camera that looks away from us is not; what is sent never is. */
  readonly mirrored: boolean;
  /** Why a device is not there or gives nothing. Null: all is well, or the visitor turned it off. */
  readonly micFault: DeviceFault | null;
  readonly camFault: DeviceFault | null;
  /** What was on before a call rests, or when a chat had been over for ten seconds. Null: nothing rests. */
  readonly resting: MediaState | null;
}

/** What the pickers show. */
export interface Gear extends Listing {
  readonly chosen: Choice;
  /** The ids of the devices that are on. */
  readonly inUse: { readonly mic: string | null; readonly cam: string | null };
  /** The way that the camera in use looks, or null where the browser does not say. */
  readonly facing: Facing | null;
  /** The blur of the camera in use can be switched. */
  readonly canBlur: boolean;
}

export const NO_MEDIA: Media = { mic: false, cam: false, mirrored: true, micFault: null, camFault: null, resting: null };
export const NO_CHOICE: Choice = { mic: null, cam: null, speaker: null };
export const NO_GEAR: Gear = { mics: [], cams: [], speakers: [], chosen: NO_CHOICE, inUse: { mic: null, cam: null }, facing: null, canBlur: false };

const ID_MAX_CHARS = 256; // browsers use 44 or 64; arbitrary

/** The choice of a page that opens, from what was kept. What is no id is ignored. */
export function choiceOf(kept: string | null): Choice {
  const told = parsed(kept);
  const id = (value: unknown) => (typeof value === "string" && value.length > 0 && value.length <= ID_MAX_CHARS ? value : null);
  return { mic: id(told["mic"]), cam: id(told["cam"]), speaker: id(told["speaker"]) };
}

/** Whether there is a camera that looks the other way: only phones say which way one looks. */
export function canFlip({ facing, cams }: Gear): boolean {
  return facing !== null && cams.length > 1;
}

/** What to keep of this choice, or null: nothing was chosen. */
export function keptChoice(choice: Choice): string | null {
  const chosen = Object.entries(choice).filter(([, id]) => id !== null);
  return chosen.length === 0 ? null : JSON.stringify(Object.fromEntries(chosen));
}
