// Tells a visitor who looks elsewhere that something happened: a mark, which the views show, and a gentle sound. It asks for
// no permission, and nothing is fetched: the sound is made here.

import type { Board } from "./ports.ts";

/** What happened. */
export type News = "match" | "message" | "end";

/** The notes of each sound, in hertz: up for a beginning, down for an end. Arbitrary. */
const NOTES: Readonly<Record<News, readonly number[]>> = { match: [523, 784], message: [659], end: [523, 392] };
const RING_EVERY_MS = 1_500; // a partner who writes fast rings no more than that

/** Plays notes, or nothing where the browser has no sound. */
export interface Bell {
  /** Called at a gesture of the visitor, before which browsers let no page make a sound. */
  wake(): void;
  ring(notes: readonly number[]): void;
}

/** Counts what happens while the page is hidden, and rings. The bell comes with the part that has all of a chat. */
export class Alerts {
  private rangAt = -Infinity;

  constructor(
    private readonly board: Board,
    private readonly bell: () => Bell | null,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Called at each gesture. */
  touched(): void {
    if (this.board.state.settings.sounds) this.bell()?.wake();
  }

  /** Something happened that the visitor wants to know. Nothing is done while the page is in sight. */
  tell(news: News): void {
    if (this.board.state.shown) return;
    this.board.dispatch({ type: "hidden_news" });
    const now = this.now();
    if (!this.board.state.settings.sounds || (news === "message" && now - this.rangAt < RING_EVERY_MS)) return;
    this.rangAt = now;
    this.bell()?.ring(NOTES[news]);
  }
}
