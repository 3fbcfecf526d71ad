// The consent ladder of a text chat: what the visitor agrees to goes to the state, and what follows from it to the
// devices. The rules are in state/steps.ts; the conversation says the words and makes the call.

import type { Step } from "../contract.ts";
import { wantsMedia } from "../state/last.ts";
import { canSay, wantedOf } from "../state/steps.ts";
import type { MediaController } from "./media.ts";
import { type Board, liveChat } from "./ports.ts";

/** Owns our devices during a text chat: they are on only for what we agree to, and asked for on a click. */
export class LadderController {
  private held: Step = 0; // what the devices were asked for, also while the browser's question stands
  private isAsking = false;

  constructor(
    private readonly board: Board,
    private readonly media: MediaController,
  ) {}

  /**
   * Agrees to a step of the chat that goes on. Resolves once that is in the state, or once it is plain that it cannot
   * be: too many asks, or a browser that gives no device.
   */
  async climb(step: Step): Promise<void> {
    const { chat } = this.board.state;
    if (this.isAsking || chat === null || liveChat(this.board.state) === null || chat.mode !== "text") return;
    if (chat.seal === "sealing" || !canSay(chat.steps, step, Date.now())) return;
    if (step > chat.steps.own && !(await this.prepare(step))) return this.follow();
    this.board.dispatch({ type: "say_step", chat: chat.id, step });
    this.follow();
  }

  /** Turns off what no step needs any more. Called after each change of the chat. */
  follow(): void {
    const { chat } = this.board.state;
    if (this.isAsking && chat !== null && liveChat(this.board.state) !== null) return;
    const wanted = chat === null ? 0 : wantedOf(chat);
    // A video search that has begun meanwhile needs them, too.
    if (wanted < this.held && (wanted > 0 || !wantsMedia(this.board.state))) this.media.lowerTo(wanted);
    this.held = wanted;
  }

  private async prepare(step: Step): Promise<boolean> {
    const chat = liveChat(this.board.state);
    this.isAsking = true;
    this.held = step;
    const isReady = await this.media.ready(step);
    this.isAsking = false;
    this.held = step; // the chat may have ended meanwhile, and the browser have said yes all the same
    return isReady && chat === liveChat(this.board.state);
  }
}
