// Keeps our halves of handshakes that have not begun (docs/blind-relay.md): one for the search, one for an `again`.
// Each is shown to one partner only.

import type { Offer } from "../seal/handshake.ts";

/** `offer` begins a chat. `next` is for an `again` after it; the partner gets its commitment in our `ready`. */
interface Offers {
  readonly offer: Offer;
  readonly next: Offer;
}

/** What an `again` after the current or the last chat needs. */
interface Last {
  readonly chat: string;
  readonly next: Offer;
  /** The partner's commitment, or null until it is known. */
  readonly commit: string | null;
}

/** Our two offers and the partner's commitment: all that a handshake begins with. */
export interface HandshakeTerms extends Offers {
  readonly commit: string;
}

/** The offers of this page, for all its searches and chats. */
export class OfferStore {
  private search: Offers | null = null;
  private reunion: HandshakeTerms | null = null;
  private last: Last | null = null;

  /** `makeOffer` resolves once all of a chat is loaded, and rejects if a part of it is gone: the page then says so. */
  constructor(private readonly makeOffer: () => Promise<Offer>) {}

  /**
   * The commitment for a `find`, or null if there can be no chat. It stays the same during a search: a match that
   * crosses a `find` still fits.
   */
  async forSearch(): Promise<string | null> {
    const made = this.search ?? (await this.make().catch(() => null));
    this.search ??= made;
    return this.search?.offer.commit ?? null;
  }

  /** Called when the search is given up: the next one gets a new offer. */
  endSearch(): void {
    this.search = null;
  }

  /** Called before an `again`. False if the partner's commitment is not known: an `again` would prove nothing. */
  async forAgain(chat: string): Promise<boolean> {
    const { last } = this;
    if (last?.chat !== chat || last.commit === null) return false;
    this.reunion ??= { ...(await this.make(last.next)), commit: last.commit };
    return true;
  }

  /**
   * What to begin a chat with, or null if we made no offer for it. `commit` is the partner's from `matched`, or null
   * after an `again`. Offers are used once, so all that wait are dropped.
   */
  take(chat: string, commit: string | null): HandshakeTerms | null {
    const agreed = commit === null ? this.reunion : this.search && { ...this.search, commit };
    this.search = this.reunion = null;
    this.last = agreed && { chat, next: agreed.next, commit: null };
    return agreed;
  }

  /** Keeps the partner's commitment for an `again` after this chat. */
  learn(chat: string, commit: string | null): void {
    if (this.last?.chat === chat) this.last = { ...this.last, commit };
  }

  /** Forgets every chat but this one, the only one that goes on or can be asked for again. Null: there is none. */
  keepOnly(chat: string | null): void {
    if (this.last?.chat !== chat) this.last = null;
    if (this.last === null) this.reunion = null;
  }

  private async make(offer?: Offer): Promise<Offers> {
    const [first, next] = await Promise.all([offer ?? this.makeOffer(), this.makeOffer()]);
    return { offer: first, next };
  }
}
