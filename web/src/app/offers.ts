// Our halves of the handshakes that have not begun: one for the search, one for an `again`. Each is shown to one partner.

import { makeOffer, type Offer } from "../seal/handshake.ts";

/** `next` is for an `again` after the chat that `offer` begins: its commitment travels in our `ready`. */
interface Offers {
  readonly offer: Offer;
  readonly next: Offer;
}

interface Last {
  readonly chat: string;
  readonly next: Offer;
  /** The partner's commitment, once it is known. */
  readonly commit: string | null;
}

export interface HandshakeTerms extends Offers {
  readonly commit: string;
}

async function makeOffers(offer?: Offer): Promise<Offers> {
  const [first, next] = await Promise.all([offer ?? makeOffer(), makeOffer()]);
  return { offer: first, next };
}

export class OfferStore {
  private search: Offers | null = null;
  private reunion: HandshakeTerms | null = null;
  private last: Last | null = null;

  /** The commitment for a `find`: the same for all of one search, so that a match that crosses one is not lost. */
  async forSearch(): Promise<string> {
    const made = this.search ?? (await makeOffers());
    this.search ??= made;
    return this.search.offer.commit;
  }

  endSearch(): void {
    this.search = null;
  }

  /** Before an `again`; false if that chat never got so far that the two could know each other again. */
  async forAgain(chat: string): Promise<boolean> {
    const { last } = this;
    if (last?.chat !== chat || last.commit === null) return false;
    this.reunion ??= { ...(await makeOffers(last.next)), commit: last.commit };
    return true;
  }

  /** What to begin a chat with; null if we have made no offer for it. Whatever was made is used up. */
  take(chat: string, commit: string | null): HandshakeTerms | null {
    const agreed = commit === null ? this.reunion : this.search && { ...this.search, commit };
    this.search = this.reunion = null;
    this.last = agreed && { chat, next: agreed.next, commit: null };
    return agreed;
  }

  /** The partner of this chat told what it has committed to for an `again`. */
  learn(chat: string, commit: string | null): void {
    if (this.last?.chat === chat) this.last = { ...this.last, commit };
  }

  /** Keeps nothing of a chat that can neither go on nor be asked for again. */
  keepOnly(chat: string | null): void {
    if (this.last?.chat !== chat) this.last = null;
    if (this.last === null) this.reunion = null;
  }
}
