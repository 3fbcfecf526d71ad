import type { Event, Happening } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { first, update } from "../state/update.ts";

/** The state as the views see it, and the two streams, which are no plain data. */
export class Store {
  state: State = $state.raw(first(Date.now()));
  local: MediaStream | null = $state.raw(null);
  remote: MediaStream | null = $state.raw(null);

  dispatch(happening: Happening): State {
    const event: Event = { ...happening, at: Date.now() };
    this.state = update(this.state, event);
    return this.state;
  }
}
