// The search for a partner: it asks the server, asks again after a refusal that passes, and can be given up.

import type { Refused } from "../channel/connection.ts";
import { pauseOf } from "../channel/refusal.ts";
import { type Code, type Criteria, type FailedArgs, type Mode, type ReportReason } from "../contract.ts";
import { SEAL_VERSION } from "../seal/ability.ts";
import type { State } from "../state/model.ts";
import type { ChatController } from "./chat.ts";
import type { MediaController } from "./media.ts";
import { type Board, liveChat, type Server } from "./ports.ts";
import type { OfferStore } from "./offers.ts";

export const ASK_AGAIN_S = 2; // after a refusal that will pass but does not say when; arbitrary
const WILL_PASS = new Set<Refused["code"]>(["rate_limited", "full", "draining", "slow"]);

/** Sends `find` for the search in the state, and judges the replies. */
export class SearchController {
  private number = 0; // a reply to an older search is stale
  private askAgain: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly board: Board,
    private readonly server: Server,
    private readonly chat: ChatController,
    private readonly media: MediaController,
    private readonly offers: OfferStore,
    /** Called with our commitment before the server gets it. */
    private readonly announce: (commit: string) => void = () => undefined,
  ) {}

  /**
   * Begins a search, but never before the visitor has agreed on the sheet. A chat that goes on is left. With `anyone` no
   * shared interest is asked for.
   */
  find(mode: Mode, anyone: boolean): void {
    if (!this.board.state.entry.agreed) return;
    const from = liveChat(this.board.state);
    if (mode === "video") this.media.wake();
    this.chat.settle({ type: "search", mode, anyone });
    this.ask(from);
  }

  /** Reports the partner. Once the server has the report, the next search begins, if that chat is still shown. */
  async leaveAndReport(reason: ReportReason): Promise<void> {
    const { chat } = this.board.state;
    const taken = await this.chat.report(reason);
    if (taken && chat !== null && this.board.state.chat?.id === chat.id) this.find(chat.mode, false);
  }

  /** Sends the search that the state holds. `from` is the chat that we believe we are in, or null. */
  ask(from: string | null): void {
    void this.send(from, this.forget());
  }

  /** From now on, earlier replies are ignored and nothing planned is sent. Returns the number of the next search. */
  forget(): number {
    clearTimeout(this.askAgain);
    return ++this.number;
  }

  /**
   * Called for a `failed` of a `find` that was acknowledged with ok: the search is over at the server. After a match
   * that it could not make (`internal`) we ask again; a pause is told. Before a close, `welcome` asks again.
   */
  failed({ code, closes, ...told }: FailedArgs): void {
    if (closes === true || this.board.state.screen !== "searching") return;
    this.forget();
    if (code === "internal") return this.later("slow", ASK_AGAIN_S * 1000);
    this.refused({ ok: false, code, ...told }, null);
  }

  private async send(from: string | null, number: number): Promise<void> {
    const commit = await this.offers.forSearch();
    if (commit === null) return;
    const criteria = criteriaOf(this.board.state, from, commit);
    if (criteria === null || number !== this.number) return;
    this.announce(commit);
    const reply = await this.server.find(criteria);
    if (!reply.ok && number === this.number) this.refused(reply, from);
  }

  private refused(reply: Refused, from: string | null): void {
    if (reply.code === "not_connected" && this.board.state.connection.phase !== "up") return; // `welcome` asks again
    // The chat that we wanted to leave ended by itself meanwhile.
    if (reply.code === "chat_over" && from !== null) return this.ask(null);
    const passes = reply.code === "not_connected" || WILL_PASS.has(reply.code);
    const code = reply.code === "not_connected" ? "slow" : reply.code;
    // For the server we are still in that chat, with a partner who would never hear from us.
    if (from !== null) void this.server.stop(from);
    if (passes) return this.later(code, (reply.retry_after_s ?? ASK_AGAIN_S) * 1000);
    this.chat.settle({ type: "refused", code, retryInMs: null, pause: pauseOf(reply) });
    this.media.release();
  }

  private later(code: Code, retryInMs: number): void {
    this.chat.settle({ type: "refused", code, retryInMs, pause: null });
    this.askAgain = setTimeout(() => this.ask(null), retryInMs);
  }
}

function criteriaOf({ search, wish, relay }: State, from: string | null, commit: string): Criteria | null {
  if (search === null) return null;
  const { mode, anyone } = search;
  return {
    mode,
    interests: anyone ? [] : wish.interests,
    languages: wish.languages,
    ...(anyone && { patience_s: 0 }),
    hide: wish.hide && (mode === "video" || relay), // a text chat needs no relay, but if it climbs both sides must hide
    seal: { v: SEAL_VERSION, commit },
    from,
  };
}
