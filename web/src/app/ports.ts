// What the controllers see of their surroundings, and no more: the store, the server, the devices.

import type { Devices } from "../call/devices.ts";
import type { Connection } from "../channel/connection.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";

/** The state, and the two streams that are no plain data (store.svelte.ts). */
export interface Board {
  readonly state: State;
  local: MediaStream | null;
  remote: MediaStream | null;
  /** Returns the state after it. */
  dispatch(event: StateEvent): State;
}

export type Server = Pick<Connection, "find" | "stop" | "signal" | "message" | "typing" | "report" | "again" | "ice">;
export type OwnDevices = Pick<Devices, "acquire" | "restore" | "release" | "setMic" | "setCam" | "tracks">;

/** The chat that goes on, if one does. */
export function liveChat({ chat }: State): string | null {
  return chat === null || chat.ended !== null ? null : chat.id;
}
