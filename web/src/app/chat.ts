// The chat that goes on: its conversation begins at `matched` and is closed when the chat ends for any reason.

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
type ChatConversation = Pick<Conversation, "chat" | "write" | "setOurs" | "receive" | "pause" | "resume" | "close">;
/** Begins a conversation. Tests give another one. */
export type Converse = (...parts: Parts) => ChatConversation;

/** Owns the one conversation there can be. Events of any other chat are ignored. */
export class ChatController {
  private conversation: ChatConversation | null = null;
  /** Belongs to the session, as the quotas do. */
  private pace: { readonly message: Pace; readonly signal: Pace } | null = null;

  constructor(
    private readonly board: Board,
    private readonly server: Server,
    private readonly media: MediaController,
    private readonly offers: OfferStore,
    private readonly converse: Converse = (...parts) => new Conversation(...parts),
  ) {}

  /** Whether the chat has its conversation. `matched` comes again after a resume, but the chat does not begin again. */
  get isBegun(): boolean {
    return this.conversation !== null;
  }

  /** Dispatches the event and closes the conversation if its chat is now over, so that no late frame is taken. */
  settle(event: StateEvent): State {
    const state = this.board.dispatch(event);
    if (this.conversation !== null && this.conversation.chat !== liveChat(state)) {
      this.conversation.close();
      this.conversation = null;
      this.board.remote = null;
    }
    return state;
  }

  /** Takes the quotas of a new session; a resumed one keeps its own. */
  welcome(args: WelcomeArgs): void {
    this.settle({ type: "welcome", args });
    if (args.resumed === null || this.pace === null) this.pace = paceOf(args.limits);
  }

  /**
   * Begins the conversation of the chat that the state now holds. `told` is what the server said, `args` is the same
   * with what the visitor asked for. The chat ends as `seal_failed` if the modes differ or we have no offer for it.
   */
  begin(args: MatchedArgs, told: MatchedArgs): void {
    const { limits } = this.board.state;
    const agreed = this.offers.take(args.chat, args.seal?.v === SEAL_VERSION ? args.seal.commit : null);
    if (told.mode !== args.mode || agreed === null || limits === null || this.pace === null) return this.fault(args.chat, "seal_failed");
    const { chat, polite } = args;
    const terms = { chat, polite, ...agreed, nextCommit: agreed.next.commit, limits, pace: this.pace, now };
    this.conversation = this.converse(args, terms, this.server, this.media.ours(), this.events(chat));
  }

  /** Ends a chat that is not sealed as it must be. Nothing more is sent in it. */
  fault(chat: string, fault: SealFault): void {
    this.settle({ type: "seal_fault", chat, fault });
    this.media.releaseUnwanted();
    void this.server.stop(chat);
  }

  // --- what the visitor does

  /** Sends a text and shows it in the log, also when it is too long ever to be sent. */
  write(text: string): void {
    const chat = liveChat(this.board.state);
    if (chat === null || this.conversation === null) return;
    const n = this.conversation.write(text);
    this.board.dispatch({ type: "write", chat, n, text });
  }

  /** Tells the partner whether we type, unless the partner is away. */
  typing(on: boolean): void {
    const chat = liveChat(this.board.state);
    if (chat !== null && this.board.state.chat?.awayUntil === null) void this.server.typing(chat, on);
  }

  /** The two have compared their emoji: different ones end the chat. */
  compared(same: boolean): void {
    const chat = liveChat(this.board.state);
    if (chat === null) return;
    if (same) this.board.dispatch({ type: "compared", chat });
    else this.fault(chat, "seal_differs");
  }

  /** Reports the partner of the current or ended chat. Once the server has the report, the chat is over. */
  async report(reason: ReportReason): Promise<void> {
    const { chat } = this.board.state;
    if (chat === null) return;
    const reply = await this.server.report(chat.id, reason);
    if (reply.ok) this.settle({ type: "reported", chat: chat.id, reason });
    else this.board.dispatch({ type: "notice", notice: { code: "report_failed" } });
  }

  /** Called when our tracks changed. */
  setOurs(ours: Ours): void {
    this.conversation?.setOurs(ours);
  }

  // --- what comes

  /** Takes what the relay passed on from the partner. */
  receive(event: "signal" | "message", chat: string, data: string): void {
    this.of(chat)?.receive(event, data);
  }

  /** The partner's connection broke, or it is back. */
  partner(chat: string, state: PartnerState): void {
    this.board.dispatch({ type: "partner", chat, state });
    if (state === "away") this.of(chat)?.pause();
    else this.of(chat)?.resume();
  }

  /** Called when our own connection is lost; `resume` when both are here again. */
  pause(): void {
    this.conversation?.pause();
  }

  /** Called when both are here again. */
  resume(): void {
    this.conversation?.resume();
  }

  /** Marks the title if the page is hidden, since something happened that the visitor wants to know. */
  news(): void {
    if (document.hidden) this.board.dispatch({ type: "hidden_news" });
  }

  private of(chat: string): ChatConversation | null {
    return this.conversation?.chat === chat ? this.conversation : null;
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
