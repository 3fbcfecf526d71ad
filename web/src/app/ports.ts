// All that the controllers see of the store, the server and the devices. Tests put fakes in their place.

import type { Devices } from "../call/devices.ts";
import type { Connection } from "../channel/connection.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";

/** The state, and the streams, which are not plain data (store.svelte.ts). */
export interface Board {
  readonly state: State;
  local: MediaStream | null;
  remote: MediaStream | null;
  /** Our own sound, for the level meter alone. */
  voice: MediaStream | null;
  /** Returns the state after the event. */
  dispatch(event: StateEvent): State;
}

/** The requests to the server that controllers make. */
export type Server = Pick<Connection, "find" | "stop" | "signal" | "message" | "typing" | "report" | "again" | "ice">;
/** Our camera and microphone. */
export type OwnDevices = Pick<Devices, "acquire" | "restore" | "release" | "setMic" | "setCam" | "prefer" | "tracks" | "faults" | "onListing">;

/** The id of the chat that goes on, or null if none does. */
export function liveChat({ chat }: State): string | null {
  return chat === null || chat.ended !== null ? null : chat.id;
}
