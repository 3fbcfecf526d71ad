// The talk of the page in the clear, for bench/sealing.py alone: no hello, no crypto, plain JSON. The relay has kept
// the order; nothing is confirmed, and nothing is sent again.

import type { Talk as Sealed } from "../../web/src/channel/talk.ts";
import type { ChannelEvents, Relay, Terms } from "../../web/src/channel/terms.ts";
import type { Content } from "../../web/src/seal/content.ts";

const NO_EMOJI = [0, 0, 0, 0];

export class Talk implements Pick<Sealed, keyof Sealed> {
  private n = 0;

  constructor(
    private readonly terms: Terms,
    private readonly relay: Relay,
    private readonly events: ChannelEvents,
  ) {}

  start(): void {
    queueMicrotask(() => this.events.sealed(NO_EMOJI, null));
  }

  send(content: Content): number {
    const event = content.name === "text" ? "message" : "signal";
    void this.relay[event](this.terms.chat, JSON.stringify(content));
    return this.n++;
  }

  receive(_event: "message" | "signal", data: string): void {
    this.events.received(JSON.parse(data) as Content, 0);
  }

  pause(): void {}
  resume(): void {}
  close(): void {}
}
