import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { first, update } from "../state/update.ts";

/** The state as the views see it, and the two streams, which are no plain data. */
export class Store {
  state: State = $state.raw(first(Date.now()));
  local: MediaStream | null = $state.raw(null);
  remote: MediaStream | null = $state.raw(null);

  dispatch(event: StateEvent): State {
    this.state = update(this.state, { ...event, at: Date.now() });
    return this.state;
  }
}
