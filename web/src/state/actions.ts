// What a visitor can do.

import type { Mode, ReportReason, Step } from "../contract.ts";
import type { Choice } from "./gear.ts";
import type { Bring, Wish } from "./model.ts";
import type { Settings } from "./settings.ts";

/** What a visitor can do with texts of the partner's, on this device. */
export interface Translating {
  /** Looks whether the browser can translate, the first time it is called. */
  look(): void;
  /** Translates a text into the language `to`. The first time, the page asks before. */
  translate(id: string, to: string): void;
  /** The answer to that question. */
  answer(yes: boolean): void;
  /** Shows a translated text as it was written, or its translation again. */
  showOriginal(id: string, original: boolean): void;
}

/** What a visitor can do about the own camera and microphone, besides turning them off and on. */
export interface DeviceActions {
  /** With the camera or without it: for the preview now, and for the next search. */
  bring(bring: Bring): void;
  /** Shows the own picture and the microphone's level, or ends that. `allowed`: only if the browser then asks nothing. */
  preview(on: boolean | "allowed"): Promise<void>;
  /** Takes another device now and remembers it on this device; null leaves it to the browser. */
  choose(chosen: Partial<Choice>): void;
  /** Takes the camera that looks the other way. */
  flip(): void;
  /** Asks the browser again for the devices that are not there. */
  retry(): Promise<void>;
}

/** The views call these methods and nothing else. */
export interface Actions {
  /** Begins a search; for video the browser is asked for the devices first. The first time it opens the sheet instead. */
  start(mode: Mode): void;
  /** On the sheet: 18 or older, and agrees. Begins the search that was wanted. */
  agree(): void;
  /** On the sheet: not yet. Closes it. */
  decline(): void;
  /** On the screens about devices: goes on in video mode without them. */
  goWithout(): void;
  /** Drops the interests of the current search. */
  anyone(): void;
  /** Leaves the chat for a new search in the same mode. In the first second of a chat it does nothing. */
  next(): void;
  /** Ends the chat or the search, takes back an `again`, and goes back to the first screen. */
  stop(): void;
  /** Ends and releases everything at once, and clears the screen. */
  panic(): void;
  /** Asks for the last chat's partner again. */
  again(): void;
  write(text: string): void;
  /** Shows a text that is folded. */
  unfold(id: string): void;
  readonly translation: Translating;
  /** Closes the line "Looks like advertising". */
  closeAdvert(): void;
  /** Tells the partner whether we type. */
  typing(on: boolean): void;
  /** What the preview and the pickers do. */
  readonly devices: DeviceActions;
  toggleMic(): void;
  toggleCam(): void;
  /** Whether the partners' pictures are wanted; else only their sound comes. */
  picture(on: boolean): void;
  /** Goes on in text after a call has failed: our devices rest until it is tried again, or until the next search. */
  restCall(): void;
  /** Tries again to connect a call that has failed. */
  retryCall(): void;
  /** In a text chat: agrees to text, sound, or sound and video. The browser is asked for a device that this needs. */
  climb(step: Step): void;
  /** Says no to the partner, who asks for sound or video. */
  refuseStep(): void;
  /** The two have compared their emoji. Different ones end the chat. */
  compared(same: boolean): void;
  /** Reports the partner of the chat that is shown. */
  report(reason: ReportReason): void;
  /** Reports the partner of the chat that we have left. */
  reportLast(reason: ReportReason): void;
  /** In one tap: reports the partner and, once the server has the report, goes on as `next` does. */
  leaveAndReport(reason: ReportReason): void;
  /** Changes what the next search asks for. */
  wish(wish: Partial<Wish>): void;
  /** Changes a choice; some are kept on this device (state/settings.ts). */
  settings(settings: Partial<Settings>): void;
  /** Forgets all that the page keeps on this device. */
  forgetDevice(): void;
  /** In a chat and in a search, the first call asks; a second one within four seconds is `stop`. Else nothing happens. */
  escape(): void;
  /** As `next`, by a single key: the first call asks while the chat goes on. */
  nextByKey(): void;
  /** Stops the countdown to the next search. */
  stay(): void;
  /** Sends a reaction, by its number (state/reactions.ts). */
  react(sign: number): void;
  /** Connects now instead of when the countdown ends. */
  reconnect(): void;
  reload(): void;
  /** Closes the notice. */
  dismiss(): void;
}
