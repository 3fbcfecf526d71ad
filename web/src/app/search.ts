// The search for a partner: it asks the server, asks again after a refusal that passes, and can be given up.

import type { Refused } from "../channel/connection.ts";
import { type Criteria, LANGUAGES_MAX, type Mode } from "../contract.ts";
import { SEAL_VERSION } from "../seal/frame.ts";
import { primaryLanguages } from "../state/interests.ts";
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
  ) {}

  /** Begins a search. A chat that goes on is left. With `anyone` no shared interest is asked for. */
  find(mode: Mode, anyone: boolean): void {
    const from = liveChat(this.board.state);
    this.chat.settle({ type: "search", mode, anyone });
    this.ask(from);
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

  private async send(from: string | null, number: number): Promise<void> {
    const commit = await this.offers.forSearch();
    const criteria = criteriaOf(this.board.state, from, commit);
    if (criteria === null || number !== this.number) return;
    const reply = await this.server.find(criteria);
    if (!reply.ok && number === this.number) this.refused(reply, from);
  }

  private refused(reply: Refused, from: string | null): void {
    if (reply.code === "not_connected" && this.board.state.connection.phase !== "up") return; // `welcome` asks again
    // The chat that we wanted to leave ended by itself meanwhile.
    if (reply.code === "chat_over" && from !== null) return this.ask(null);
    const passes = reply.code === "not_connected" || WILL_PASS.has(reply.code);
    const retryInMs = passes ? (reply.retry_after_s ?? ASK_AGAIN_S) * 1000 : null;
    const code = reply.code === "not_connected" ? "slow" : reply.code;
    this.chat.settle({ type: "refused", code, retryInMs });
    // For the server we are still in that chat, with a partner who would never hear from us.
    if (from !== null) void this.server.stop(from);
    if (retryInMs !== null) this.askAgain = setTimeout(() => this.ask(null), retryInMs);
    else this.media.release();
  }
}

function criteriaOf({ search, wish }: State, from: string | null, commit: string): Criteria | null {
  if (search === null) return null;
  const { mode, anyone } = search;
  return {
    mode,
    interests: anyone ? [] : wish.interests,
    languages: wish.sameLanguage ? primaryLanguages(navigator.languages, LANGUAGES_MAX) : [],
    ...(anyone && { patience_s: 0 }),
    hide: mode === "video" && wish.hide, // a text chat has no addresses to hide
    seal: { v: SEAL_VERSION, commit },
    from,
  };
}
