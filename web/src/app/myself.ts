// Sees to it that two tabs of one browser do not talk with each other as strangers (siblings.ts).

import type { MatchedArgs } from "../contract.ts";
import type { ChatController } from "./chat.ts";
import type { OfferStore } from "./offers.ts";
import type { Board } from "./ports.ts";
import type { SearchController } from "./search.ts";
import { Siblings } from "./siblings.ts";

/** Knows the current partner's commitment, and goes on with the search if it is another tab's. */
export class MyselfController {
  private readonly siblings = new Siblings((commit) => this.learned(commit));
  private partner: { readonly chat: string; readonly commit: string } | null = null;

  constructor(
    private readonly board: Board,
    private readonly chat: ChatController,
    private readonly search: SearchController,
    private readonly offers: OfferStore,
  ) {}

  open(): void {
    this.siblings.open();
  }

  close(): void {
    this.siblings.close();
  }

  /** Tells the other tabs with which commitment we search. */
  tell(commit: string): void {
    this.siblings.tell(commit);
  }

  /** True if the match of our search was with another tab: then nothing of it is shown, and the search goes on. */
  isMatch({ chat, seal }: MatchedArgs): boolean {
    if (seal === null || this.board.state.screen !== "searching" || !this.siblings.has(seal.commit)) return false;
    this.goOn(chat);
    return true;
  }

  /** A chat begins. */
  met({ chat, seal }: MatchedArgs): void {
    this.partner = seal === null ? null : { chat, commit: seal.commit };
  }

  /** The other tab's word comes late. The chat may be over: it has heard of us first, and has gone on. */
  private learned(commit: string): void {
    const { partner } = this;
    if (partner?.commit === commit && partner.chat === this.board.state.chat?.id) this.goOn(partner.chat);
  }

  /** The server keeps the two tabs apart for a minute, as any two that have met. */
  private goOn(chat: string): void {
    this.chat.settle({ type: "yourself", chat });
    this.offers.endSearch(); // the match has used it up
    this.search.ask(chat);
  }
}
