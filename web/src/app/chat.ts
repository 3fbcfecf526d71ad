// The chat that goes on: its conversation begins at `matched` and is closed when the chat ends for any reason.

import type { Tuning } from "../call/call.ts";
import type { SealFault } from "../seal/outputs.ts";
import { Pace } from "../channel/pace.ts";
import type { Limits, MatchedArgs, PartnerState, ReportReason, Step, WelcomeArgs } from "../contract.ts";
import { SEAL_VERSION } from "../seal/ability.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { stepOf } from "../state/steps.ts";
import type { FirstWords } from "../text/memory.ts";
import type { News } from "./alerts.ts";
import type { Conversation, ConversationEvents, Ours } from "./conversation.ts";
import type { LadderController } from "./ladder.ts";
import type { MediaController } from "./media.ts";
import { type Board, liveChat, type Server } from "./ports.ts";
import type { OfferStore } from "./offers.ts";

type Parts = ConstructorParameters<typeof Conversation>;
type ChatConversation = Pick<Conversation, "chat" | "write" | "react" | "climb" | "say" | "setOurs" | "tune" | "retryCall" | "receive" | "pause" | "resume" | "close">;
/** What a chat needs and the first screen does not: it is loaded before any search (visit.ts). */
export interface ChatParts {
  /** Begins a conversation. */
  converse(...parts: Parts): ChatConversation;
  /** Whether a text holds a link or a contact. */
  folds(text: string): boolean;
  laddering(...parts: ConstructorParameters<typeof LadderController>): LadderController;
  readonly firstWords: Pick<FirstWords, "begin" | "hear">;
}

/** Owns the one conversation there can be. Events of any other chat are ignored. */
export class ChatController {
  /** Called when something happens that a visitor who looks elsewhere wants to know. */
  onNews: (news: News) => void = () => undefined;
  private conversation: ChatConversation | null = null;
  private ladder: LadderController | null = null; // from the first chat on
  /** Belongs to the session, as the quotas do. */
  private pace: { readonly message: Pace; readonly signal: Pace } | null = null;

  constructor(
    private readonly board: Board,
    private readonly server: Server,
    private readonly media: MediaController,
    private readonly offers: OfferStore,
    private readonly parts: () => ChatParts,
  ) {}

  /** Whether the chat has its conversation. `matched` comes again after a resume, but the chat does not begin again. */
  get isBegun(): boolean {
    return this.conversation !== null;
  }

  /** Dispatches the event and closes the conversation if its chat is now over, so that no late frame is taken. */
  settle(event: StateEvent): State {
    const live = liveChat(this.board.state);
    const state = this.board.dispatch(event);
    if (live !== null && state.chat?.id === live && liveChat(state) === null) this.onNews("end");
    if (this.conversation !== null && this.conversation.chat !== liveChat(state)) {
      this.conversation.close();
      this.conversation = null;
      this.board.remote = null;
    }
    this.follow();
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
    const { converse, firstWords, laddering } = this.parts();
    this.ladder ??= laddering(this.board, this.media);
    firstWords.begin(args.seal === null); // after an `again` the partner is the last one
    this.conversation = converse(args, terms, this.server, this.media.ours(), this.events(chat), this.tuning);
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

  /** Sends a reaction, if it is not too many at once. */
  react(sign: number): void {
    const { chat: before } = this.board.state;
    if (before === null) return;
    const { chat: after } = this.board.dispatch({ type: "react", chat: before.id, mine: true, sign });
    if (after !== before) this.of(before.id)?.react(sign);
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

  /** Agrees to text, sound, or sound and video: asks the partner, says yes, or goes down. */
  async climb(step: Step): Promise<void> {
    await this.ladder?.climb(step);
    this.follow();
  }

  /** Says no to what the partner asks for. */
  refuseStep(): void {
    const { chat } = this.board.state;
    if (chat === null || chat.steps.shown === null || liveChat(this.board.state) === null) return;
    this.board.dispatch({ type: "refuse_step", chat: chat.id });
    this.of(chat.id)?.say(chat.steps.own);
  }

  /** Reports the partner of the current or ended chat. Once the server has the report, the chat is over.
   * True if it has. */
  async report(reason: ReportReason): Promise<boolean> {
    const { chat } = this.board.state;
    return chat !== null && (await this.tell(chat.id, reason));
  }

  /** Reports the partner of the chat that we have left. */
  async reportLast(reason: ReportReason): Promise<void> {
    const { parted } = this.board.state;
    if (parted !== null) await this.tell(parted.chat.id, reason);
  }

  private async tell(chat: string, reason: ReportReason): Promise<boolean> {
    const reply = await this.server.report(chat, reason);
    if (reply.ok) this.settle({ type: "reported", chat, reason });
    else this.board.dispatch({ type: "notice", notice: { code: reply.code === "chat_over" ? "report_late" : "report_failed" } });
    return reply.ok;
  }

  /** Called when our tracks changed. */
  setOurs(ours: Ours): void {
    this.conversation?.setOurs(ours);
  }

  /** Tries again to connect the call that has failed. */
  retryCall(): void {
    this.conversation?.retryCall();
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

  /** Carries out what the two of a text chat agree to now, and how much the visitor lets the call use. */
  follow(): void {
    const { chat } = this.board.state;
    if (chat?.mode === "text" && chat.ended === null) this.of(chat.id)?.climb(chat.steps.own, stepOf(chat));
    this.ladder?.follow();
    this.conversation?.tune(this.tuning);
  }

  private get tuning(): Tuning {
    const { settings, picture } = this.board.state;
    return { saver: settings.saver, picture };
  }

  /** Looks whether another stranger began with the same words. */
  private compare(chat: string, text: string): void {
    const likeness = this.parts().firstWords.hear(text);
    if (likeness > 0) this.board.dispatch({ type: "alike", chat, likeness });
  }

  private of(chat: string): ChatConversation | null {
    return this.conversation?.chat === chat ? this.conversation : null;
  }

  private heard(chat: string, step: Step): void {
    const { chat: before } = this.board.state;
    const { chat: after } = this.board.dispatch({ type: "heard_step", chat, step });
    if (after === before) return;
    this.follow();
    if (after !== null && after.steps.shown !== null && before?.steps.shown === null) this.onNews("message");
  }

  private events(chat: string): ConversationEvents {
    const { board } = this;
    return {
      text: (n, text) => {
        board.dispatch({ type: "text", chat, n, text, folds: this.parts().folds(text) });
        this.compare(chat, text);
        this.onNews("message");
      },
      reaction: (sign) => board.dispatch({ type: "react", chat, mine: false, sign }),
      textChanged: (n, delivery) => board.dispatch({ type: "delivery", chat, n, delivery }),
      sealed: (emoji, commit) => {
        this.offers.learn(chat, commit);
        board.dispatch({ type: "sealed", chat, emoji });
      },
      step: (step) => this.heard(chat, step),
      fault: (fault) => {
        if (this.of(chat) !== null) this.fault(chat, fault);
      },
      partnerMedia: (media) => board.dispatch({ type: "partner_media", chat, media }),
      call: (phase) => board.dispatch({ type: "call", chat, phase }),
      route: (route) => board.dispatch({ type: "route", chat, route }),
      quality: (quality) => board.dispatch({ type: "quality", chat, quality }),
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
