// From one stranger to the next: by Next, by a key, or by itself. And out, by Esc.

import type { Mode } from "../contract.ts";
import { isAutoDue } from "../state/auto.ts";
import { isNextAsleep } from "../state/next.ts";
import type { Board } from "./ports.ts";

/** What the flow leads to. */
export interface Ways {
  /** Leaves the chat for a new search. */
  go(mode: Mode): void;
  /** Ends and releases everything. */
  stop(): void;
}

/** Judges the visitor's presses by their own time: a press that was meant for somebody else does nothing. */
export class FlowController {
  constructor(
    private readonly board: Board,
    private readonly ways: Ways,
  ) {}

  /** Goes on, but not in the first second of a chat. */
  next(): void {
    const { chat, now } = this.board.dispatch({ type: "tick" });
    if (chat !== null && !isNextAsleep(chat, now)) this.ways.go(chat.mode);
  }

  /** Goes on at once if the chat is over. Else the first press asks, and the second goes on. */
  nextByKey(): void {
    const { chat, confirm } = this.board.dispatch({ type: "tick" }); // what has expired does not count
    if (chat === null) return;
    if (chat.ended !== null || confirm?.what === "next") return this.next();
    this.board.dispatch({ type: "confirm", what: "next" });
  }

  /** The first Esc asks, the second stops. A third finds neither chat nor search, and does nothing. */
  escape(): void {
    const { chat, screen, confirm } = this.board.dispatch({ type: "tick" });
    if (chat === null && screen !== "searching") return;
    if (confirm?.what === "stop") return this.ways.stop();
    this.board.dispatch({ type: "confirm", what: "stop" });
  }

  /** Time has passed: goes on by itself if the visitor wants that. */
  follow(): void {
    if (isAutoDue(this.board.state)) this.next();
  }
}
