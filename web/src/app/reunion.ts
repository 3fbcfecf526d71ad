// Asks for the partner of the last chat again (docs/protocol.md, `again`).

import { isCallPossible } from "../call/possible.ts";
import type { Refused } from "../channel/connection.ts";
import { pauseOf } from "../channel/refusal.ts";
import { canAsk } from "../state/last.ts";
import type { Last } from "../state/model.ts";
import type { MediaController } from "./media.ts";
import type { Board, Server } from "./ports.ts";
import { ASK_AGAIN_S } from "./search.ts";
import type { OfferStore } from "./offers.ts";

/** Our own refusal, if the last chat left no commitment to know the partner by. */
const NOBODY_KNOWN: Refused = { ok: false, code: "chat_over", message: "" };

/** Sends `again` for the last chat in the state, and judges the replies. */
export class ReunionController {
  private number = 0; // a reply to an older question is stale

  constructor(
    private readonly board: Board,
    private readonly server: Server,
    private readonly media: MediaController,
    private readonly offers: OfferStore,
  ) {}

  /** Asks for the last chat's partner, if that is possible now. */
  ask(): void {
    const { last } = this.board.state;
    if (canAsk(last)) void this.begin(last);
  }

  /** Called after `welcome`: sends the question again if its reply was lost with the connection. */
  askAnew(): void {
    const { last } = this.board.state;
    if (last?.again === "asking") void this.send(last.chat);
  }

  /** Called when the server could not make the match of an `again` that it had taken. */
  failed(): void {
    const { last } = this.board.state;
    if (last?.again !== "asked") return;
    this.board.dispatch({ type: "again_reply", chat: last.chat, code: "internal", retryInMs: null, pause: null });
    this.media.releaseUnwanted();
  }

  /** From now on, replies to earlier questions are ignored. */
  forget(): void {
    this.number++;
  }

  /** Restores our devices first, since a match can come at once. If they fail, we ask all the same. */
  private async begin({ chat, mode, media }: Last): Promise<void> {
    const number = ++this.number;
    const restored = mode === "video" && isCallPossible() ? this.media.restore(media) : undefined;
    this.board.dispatch({ type: "again", chat });
    await restored;
    if (number === this.number) await this.send(chat);
  }

  private async send(chat: string): Promise<void> {
    const number = ++this.number;
    const known = await this.offers.forAgain(chat);
    if (number !== this.number) return;
    const reply = known ? await this.server.again(chat) : NOBODY_KNOWN;
    if (number !== this.number) return;
    if (reply.ok) this.board.dispatch({ type: "again_reply", chat, code: null, retryInMs: null, pause: null });
    else this.refused(chat, reply);
  }

  private refused(chat: string, reply: Refused): void {
    const { code, retry_after_s } = reply;
    if (code === "not_connected" && this.board.state.connection.phase !== "up") return; // `welcome` asks again
    const retryInMs = code === "rate_limited" ? (retry_after_s ?? ASK_AGAIN_S) * 1000 : null;
    this.board.dispatch({ type: "again_reply", chat, code: code === "not_connected" ? "slow" : code, retryInMs, pause: pauseOf(reply) });
    this.media.releaseUnwanted();
  }
}
