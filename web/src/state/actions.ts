// What a visitor can do.

import type { Mode, ReportReason } from "../contract.ts";
import type { Wish } from "./model.ts";

/** The views call these methods and nothing else. */
export interface Actions {
  /** Begins a search; for video the browser is asked for the devices first. */
  start(mode: Mode): void;
  /** On the screens about devices: goes on in video mode without them. */
  goWithout(): void;
  /** Drops the interests of the current search. */
  anyone(): void;
  /** Leaves the chat for a new search in the same mode. */
  next(): void;
  /** Ends the chat or the search, takes back an `again`, and goes back to the first screen. */
  stop(): void;
  /** Asks for the last chat's partner again. */
  again(): void;
  write(text: string): void;
  /** Tells the partner whether we type. */
  typing(on: boolean): void;
  toggleMic(): void;
  toggleCam(): void;
  /** The two have compared their emoji. Different ones end the chat. */
  compared(same: boolean): void;
  report(reason: ReportReason): void;
  /** Changes what the next search asks for. */
  wish(wish: Partial<Wish>): void;
  /** In a chat: the first call asks, a second one within four seconds is `next`. */
  escape(): void;
  /** Connects now instead of when the countdown ends. */
  reconnect(): void;
  reload(): void;
  /** Closes the notice. */
  dismiss(): void;
}
