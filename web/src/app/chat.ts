// The chat that goes on: its conversation, from `matched` until it ends for whatever reason.

import type { SealFault } from "../seal/outputs.ts";
import { Pace } from "../channel/pace.ts";
import type { Limits, MatchedArgs, PartnerState, ReportReason, WelcomeArgs } from "../contract.ts";
import { SEAL_VERSION } from "../seal/frame.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { Conversation, type ConversationEvents, type Ours } from "./conversation.ts";
import type { MediaController } from "./media.ts";
import { type Board, liveChat, type Server } from "./ports.ts";
import type { OfferStore } from "./offers.ts";

type Parts = ConstructorParameters<typeof Conversation>;
type Talk = Pick<Conversation, "chat" | "write" | "setOurs" | "receive" | "pause" | "resume" | "close">;
export type Converse = (...parts: Parts) => Talk;

export class ChatController {
  private talk: Talk | null = null;
  private pace: { readonly message: Pace; readonly signal: Pace } | null = null; // of the session, as the quotas are

  constructor(
    private readonly board: Board,
    private readonly server: Server,
    private readonly media: MediaController,
    private readonly offers: OfferStore,
    private readonly converse: Converse = (...parts) => new Conversation(...parts),
  ) {}

  /** Told again after a resume, a chat does not begin again. */
  get isBegun(): boolean {
    return this.talk !== null;
  }

  /** Dispatches, and closes the conversation that this may have ended: no frame of it outlives it. */
  settle(event: StateEvent): State {
    const state = this.board.dispatch(event);
    if (this.talk !== null && this.talk.chat !== liveChat(state)) {
      this.talk.close();
      this.talk = null;
      this.board.remote = null;
    }
    return state;
  }

  welcome(args: WelcomeArgs): void {
    this.settle({ type: "welcome", args });
    if (args.resumed === null || this.pace === null) this.pace = paceOf(args.limits);
  }

  /** Begins the chat that the state is in by now, as it was asked for (`args`) and told (`told`). */
  begin(args: MatchedArgs, told: MatchedArgs): void {
    const { limits } = this.board.state;
    const agreed = this.offers.take(args.chat, args.seal?.v === SEAL_VERSION ? args.seal.commit : null);
    if (told.mode !== args.mode || agreed === null || limits === null || this.pace === null) return this.fault(args.chat, "seal_failed");
    const { chat, polite } = args;
    const terms = { chat, polite, ...agreed, nextCommit: agreed.next.commit, limits, pace: this.pace, now };
    this.talk = this.converse(args, terms, this.server, this.media.ours(), this.events(chat));
  }

  /** The relay did not play by the rules, or the two compared and saw that it did not: no word more. */
  fault(chat: string, fault: SealFault): void {
    this.settle({ type: "seal_fault", chat, fault });
    this.media.releaseUnwanted();
    void this.server.stop(chat);
  }

  // --- what the visitor does

  write(text: string): void {
    const chat = liveChat(this.board.state);
    if (chat === null || this.talk === null) return;
    const n = this.talk.write(text);
    this.board.dispatch({ type: "write", chat, n, text });
  }

  typing(on: boolean): void {
    const chat = liveChat(this.board.state);
    if (chat !== null && this.board.state.chat?.awayUntil === null) void this.server.typing(chat, on);
  }

  compared(same: boolean): void {
    const chat = liveChat(this.board.state);
    if (chat === null) return;
    if (same) this.board.dispatch({ type: "compared", chat });
    else this.fault(chat, "seal_differs");
  }

  async report(reason: ReportReason): Promise<void> {
    const { chat } = this.board.state;
    if (chat === null) return;
    const reply = await this.server.report(chat.id, reason);
    if (reply.ok) this.settle({ type: "reported", chat: chat.id, reason });
    else this.board.dispatch({ type: "notice", notice: { code: "report_failed" } });
  }

  setOurs(ours: Ours): void {
    this.talk?.setOurs(ours);
  }

  // --- what comes

  receive(event: "signal" | "message", chat: string, data: string): void {
    this.of(chat)?.receive(event, data);
  }

  partner(chat: string, state: PartnerState): void {
    this.board.dispatch({ type: "partner", chat, state });
    if (state === "away") this.of(chat)?.pause();
    else this.of(chat)?.resume();
  }

  /** Our own connection is gone, or back. */
  pause(): void {
    this.talk?.pause();
  }

  resume(): void {
    this.talk?.resume();
  }

  /** Something that who looks elsewhere wants to know. */
  news(): void {
    if (document.hidden) this.board.dispatch({ type: "hidden_news" });
  }

  private of(chat: string): Talk | null {
    return this.talk?.chat === chat ? this.talk : null;
  }

  private events(chat: string): ConversationEvents {
    const { board } = this;
    return {
      text: (n, text) => {
        board.dispatch({ type: "text", chat, n, text });
        this.news();
      },
      textChanged: (n, delivery) => board.dispatch({ type: "delivery", chat, n, delivery }),
      sealed: (emoji, commit) => {
        this.offers.learn(chat, commit);
        board.dispatch({ type: "sealed", chat, emoji });
      },
      fault: (fault) => {
        if (this.of(chat) !== null) this.fault(chat, fault);
      },
      partnerMedia: (media) => board.dispatch({ type: "partner_media", chat, media }),
      call: (phase) => board.dispatch({ type: "call", chat, phase }),
      remote: (stream) => {
        if (this.of(chat) !== null) board.remote = stream;
      },
      freshIceServers: async () => {
        const reply = await this.server.ice();
        return reply.ok ? reply.ice_servers : null;
      },
    };
  }
}

function now(): number {
  return performance.now();
}

function paceOf({ quotas }: Limits) {
  return { message: new Pace(quotas.message, now), signal: new Pace(quotas.signal, now) };
}
