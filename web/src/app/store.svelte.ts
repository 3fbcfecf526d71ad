// The page's state as a Svelte store.

import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { first, update } from "../state/update.ts";

/** The state that the views show, and the streams, which are not plain data. */
export class Store {
  state: State = $state.raw(first(Date.now()));
  local: MediaStream | null = $state.raw(null);
  remote: MediaStream | null = $state.raw(null);
  voice: MediaStream | null = $state.raw(null);

  /** Returns the state after the event. */
  dispatch(event: StateEvent): State {
    this.state = update(this.state, { ...event, at: Date.now() });
    return this.state;
  }
}
