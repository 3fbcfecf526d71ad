// What the controllers see of their surroundings, and no more: the store, the server, the devices.

import type { Devices } from "../call/devices.ts";
import type { Link } from "../channel/link.ts";
import type { Happening } from "../state/events.ts";
import type { State } from "../state/model.ts";

/** The state, and the two streams that are no plain data (store.svelte.ts). */
export interface Board {
  readonly state: State;
  local: MediaStream | null;
  remote: MediaStream | null;
  /** Returns the state after it. */
  dispatch(happening: Happening): State;
}

export type Server = Pick<Link, "find" | "stop" | "signal" | "message" | "typing" | "report" | "again" | "ice">;
export type OwnDevices = Pick<Devices, "acquire" | "restore" | "release" | "setMic" | "setCam" | "tracks">;

/** The chat that goes on, if one does. */
export function liveChat({ chat }: State): string | null {
  return chat === null || chat.ended !== null ? null : chat.id;
}
