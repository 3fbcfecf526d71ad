import type { Mode, ReportReason } from "../contract.ts";
import type { Wish } from "./model.ts";

/** What a visitor can do: views call these and nothing else. */
export interface Actions {
  start(mode: Mode): void;
  /** In the device screen: go on in video mode with whatever there is. */
  goWithout(): void;
  anyone(): void;
  next(): void;
  stop(): void;
  /** Ask for the last chat's partner again. */
  again(): void;
  write(text: string): void;
  typing(on: boolean): void;
  toggleMic(): void;
  toggleCam(): void;
  /** The two have compared their emoji. Those that differ end the chat. */
  compared(same: boolean): void;
  report(reason: ReportReason): void;
  wish(wish: Partial<Wish>): void;
  escape(): void;
  reconnect(): void;
  reload(): void;
  dismiss(): void;
}
