// What follows from what: the visitor's actions and the server's events become calls to the link, the devices and the
// conversation, and events for the state.

import { DeviceError, Devices } from "../call/devices.ts";
import { isCallPossible } from "../call/call.ts";
import type { SealFault } from "../channel/channel.ts";
import { Link, type LinkEvents, type Refused } from "../channel/link.ts";
import { Pace } from "../channel/pace.ts";
import {
  LANGUAGES_MAX,
  type Criteria,
  type Limits,
  type MatchedArgs,
  type Mode,
  type ReportReason,
  type SearchingArgs,
  type WelcomeArgs,
} from "../contract.ts";
import { SEAL_VERSION } from "../seal/frame.ts";
import { canSeal } from "../seal/handshake.ts";
import type { Actions } from "../state/actions.ts";
import { primaryLanguages } from "../state/interests.ts";
import { canAsk, isWaiting, wantsMedia } from "../state/last.ts";
import type { Ability, Last, State } from "../state/model.ts";
import { Conversation, type ConversationEvents, type Ours } from "./conversation.ts";
import type { Store } from "./store.svelte.ts";
import { Tenders } from "./tenders.ts";

const ASK_AGAIN_S = 2; // after a refusal that will pass and does not say when
const TICK_MS = 1_000;
const WILL_PASS = new Set<Refused["code"]>(["rate_limited", "full", "draining", "slow"]);

const NOBODY_KNOWN: Refused = { ok: false, code: "chat_over", message: "" };

export function ability(): Ability {
  return { secure: isSecureContext, calls: isCallPossible(), seal: canSeal() };
}

export class Session implements Actions {
  private readonly devices = new Devices();
  private readonly link: Link;
  private readonly tenders = new Tenders();
  private conversation: Conversation | null = null;
  private pace: { readonly message: Pace; readonly signal: Pace } | null = null; // of the session, as the quotas are
  private search = 0; // an answer to an older search is stale
  private askAgain: ReturnType<typeof setTimeout> | undefined;
  private reunion = 0; // and so is one to an older `again`

  constructor(private readonly store: Store) {
    this.link = new Link(this.linkEvents());
    this.devices.onChange = () => this.devicesChanged();
    setInterval(() => this.tick(), TICK_MS);
  }

  // --- the page's life

  open(): void {
    this.link.connect();
  }

  /** The page is going: the server ends the session at once, and the camera goes dark. */
  close(): void {
    this.link.leave();
    this.devices.release();
  }

  shown(): void {
    this.store.dispatch({ type: "seen" });
    if (this.store.state.link.phase === "lost") this.link.connect();
  }

  outdated(): void {
    this.store.dispatch({ type: "trouble", trouble: { kind: "outdated" } });
  }

  // --- the visitor's actions

  start(mode: Mode): void {
    if (!canSeal()) return;
    if (mode === "text") this.devices.release();
    if (mode === "text" || !isCallPossible()) return this.find(mode, false);
    void this.prepare();
  }

  goWithout(): void {
    this.devices.release(); // should the question still be answered with yes
    this.find("video", false);
  }

  anyone(): void {
    this.find(this.store.state.search?.mode ?? "text", true);
  }

  next(): void {
    const { chat } = this.store.state;
    if (chat !== null) this.find(chat.mode, false);
  }

  stop(): void {
    const live = liveChat(this.store.state);
    const { screen, last } = this.store.state;
    this.settle({ type: "stop" });
    this.devices.release();
    this.forgetSearch();
    this.tenders.endSearch();
    this.reunion++;
    if (live !== null || screen === "searching" || isWaiting(last)) void this.link.stop(live);
  }

  again(): void {
    const { last } = this.store.state;
    if (canAsk(last)) void this.reunite(last);
  }

  write(text: string): void {
    const chat = liveChat(this.store.state);
    if (chat === null || this.conversation === null) return;
    const n = this.conversation.write(text);
    this.store.dispatch({ type: "write", chat, n, text });
  }

  typing(on: boolean): void {
    const chat = liveChat(this.store.state);
    if (chat !== null && this.store.state.chat?.awayUntil === null) void this.link.typing(chat, on);
  }

  toggleMic(): void {
    void this.toggle(() => this.devices.setMic(!this.store.state.media.mic));
  }

  toggleCam(): void {
    void this.toggle(() => this.devices.setCam(!this.store.state.media.cam));
  }

  compared(same: boolean): void {
    const chat = liveChat(this.store.state);
    if (chat === null) return;
    if (same) this.store.dispatch({ type: "compared", chat });
    else this.sealFault(chat, "seal_differs");
  }

  report(reason: ReportReason): void {
    const { chat } = this.store.state;
    if (chat !== null) void this.sendReport(chat.id, reason);
  }

  wish(wish: Partial<State["wish"]>): void {
    this.store.dispatch({ type: "wish", wish });
  }

  escape(): void {
    const { chat, confirmUntil } = this.store.state;
    if (chat !== null && confirmUntil !== null) this.next();
    else this.store.dispatch({ type: "escape" });
  }

  reconnect(): void {
    this.link.connect();
  }

  reload(): void {
    location.reload();
  }

  dismiss(): void {
    this.store.dispatch({ type: "notice", notice: null });
  }

  // --- devices

  private async prepare(): Promise<void> {
    this.store.dispatch({ type: "prepare" });
    try {
      await this.devices.acquire();
    } catch (error) {
      this.store.dispatch({ type: "device_fault", fault: faultOf(error), blocking: true });
      return;
    }
    if (this.store.state.screen === "preparing") this.find("video", false);
  }

  private async toggle(change: () => Promise<void>): Promise<void> {
    try {
      await change();
      this.store.dispatch({ type: "device_fault", fault: null, blocking: false });
    } catch (error) {
      this.store.dispatch({ type: "device_fault", fault: faultOf(error), blocking: false });
    }
  }

  /** The camera of who asked for somebody again, in vain, goes dark. */
  private releaseUnwanted(): void {
    const { audio, video } = this.devices.tracks;
    if ((audio !== null || video !== null) && !wantsMedia(this.store.state)) this.devices.release();
  }

  private devicesChanged(): void {
    const ours = this.ours();
    const { video } = ours.tracks;
    this.store.local = video === null ? null : new MediaStream([video]); // no sound: it is our own
    this.store.dispatch({ type: "media", media: ours.media });
    this.conversation?.setOurs(ours);
  }

  private ours(): Ours {
    const { tracks } = this.devices;
    return { tracks, media: { mic: tracks.audio?.enabled ?? false, cam: tracks.video !== null } };
  }

  // --- searching

  /** Look for a partner; from a chat, this leaves it. */
  private find(mode: Mode, anyone: boolean): void {
    const from = liveChat(this.store.state);
    this.settle({ type: "search", mode, anyone });
    this.ask(from);
  }

  private ask(from: string | null): void {
    void this.sendFind(from, this.forgetSearch());
  }

  private async sendFind(from: string | null, search: number): Promise<void> {
    const commit = await this.tenders.forSearch();
    const criteria = criteriaOf(this.store.state, from, commit);
    if (criteria === null || search !== this.search) return;
    const answer = await this.link.find(criteria);
    if (!answer.ok && search === this.search) this.findRefused(answer, from);
  }

  private findRefused(answer: Refused, from: string | null): void {
    if (answer.code === "link" && this.store.state.link.phase !== "up") return; // `welcome` asks again
    // The chat that we wanted to leave ended by itself meanwhile.
    if (answer.code === "chat_over" && from !== null) return this.ask(null);
    const passes = answer.code === "link" || WILL_PASS.has(answer.code);
    const retryInMs = passes ? (answer.retry_after_s ?? ASK_AGAIN_S) * 1000 : null;
    const code = answer.code === "link" ? "slow" : answer.code;
    this.settle({ type: "refused", code, retryInMs });
    if (from !== null) void this.link.stop(from); // the server still has us there, with somebody who would hear nothing
    if (retryInMs !== null) this.askAgain = setTimeout(() => this.ask(null), retryInMs);
    else this.devices.release();
  }

  /** What is still answered or was to be asked later is stale. Returns the number of the next search. */
  private forgetSearch(): number {
    clearTimeout(this.askAgain);
    return ++this.search;
  }

  // --- the same person again

  /** A match can come at once, so our devices come first, as they were. Without them they still talk. */
  private async reunite({ chat, mode, media }: Last): Promise<void> {
    const reunion = ++this.reunion;
    const held = wantsMedia(this.store.state);
    this.store.dispatch({ type: "again", chat });
    if (mode === "video" && !held && isCallPossible()) await this.toggle(() => this.devices.restore(media));
    if (reunion === this.reunion) await this.sendAgain(chat);
  }

  private async sendAgain(chat: string): Promise<void> {
    const reunion = ++this.reunion;
    const known = await this.tenders.forAgain(chat);
    if (reunion !== this.reunion) return;
    const answer = known ? await this.link.again(chat) : NOBODY_KNOWN;
    if (reunion !== this.reunion) return;
    if (answer.ok) this.store.dispatch({ type: "again_answer", chat, code: null, retryInMs: null });
    else this.againRefused(chat, answer);
  }

  private againRefused(chat: string, { code, retry_after_s }: Refused): void {
    if (code === "link" && this.store.state.link.phase !== "up") return; // `welcome` asks again
    const retryInMs = code === "rate_limited" ? (retry_after_s ?? ASK_AGAIN_S) * 1000 : null;
    this.store.dispatch({ type: "again_answer", chat, code: code === "link" ? "slow" : code, retryInMs });
    this.releaseUnwanted();
  }

  // --- from the link

  private linkEvents(): LinkEvents {
    const { store } = this;
    return {
      welcome: (args) => this.welcome(args),
      connecting: () => store.dispatch({ type: "connecting" }),
      trouble: (trouble) => {
        this.conversation?.pause();
        store.dispatch({ type: "trouble", trouble });
      },
      online: (count) => store.dispatch({ type: "online", count }),
      searching: (args) => this.searching(args),
      matched: (args) => this.matched(args),
      signal: (chat, data) => this.inChat(chat)?.receive("signal", data),
      message: (chat, data) => this.inChat(chat)?.receive("message", data),
      typing: (chat, on) => store.dispatch({ type: "typing", chat, on }),
      partner: (chat, state) => {
        store.dispatch({ type: "partner", chat, state });
        if (state === "away") this.inChat(chat)?.pause();
        else this.inChat(chat)?.resume();
      },
      ended: (chat, reason) => this.settle({ type: "ended", chat, reason }),
      failed: () => undefined, // each of our events has an acknowledgement to carry its error
    };
  }

  private welcome(args: WelcomeArgs): void {
    this.settle({ type: "welcome", args });
    const { resumed, limits } = args;
    if (resumed === null || this.pace === null) this.pace = paceOf(limits);
    const { screen, leftChat, last } = this.store.state;
    const chat = resumed?.chat ?? null;
    const found = chat !== null && chat !== leftChat;
    if (chat !== null && chat === liveChat(this.store.state)) {
      if (resumed?.partner === "here") this.conversation?.resume();
    } else if (found && (screen === "searching" || isWaiting(last))) return; // `matched` follows
    else if (screen === "searching") this.ask(chat);
    else if (resumed !== null && resumed.state !== "idle") void this.link.stop(chat);
    if (last?.again === "asking") void this.sendAgain(last.chat);
  }

  private searching(args: SearchingArgs): void {
    const chat = liveChat(this.store.state);
    const { screen } = this.settle({ type: "searching", args });
    // The server has ended a chat that crossed our find: what that find committed to has been shown.
    if (chat !== null && screen === "searching") this.ask(null);
  }

  private matched(told: MatchedArgs): void {
    const { wish, search, last, screen } = this.store.state;
    const asked = screen === "searching" && told.seal !== null ? search?.mode : last?.mode;
    // No relay can take back that we hide, nor make a call, which shows our address, of what was to be a text chat.
    const args = { ...told, mode: asked ?? told.mode, relay_only: told.relay_only || wish.hide };
    const { chat, leftChat } = this.settle({ type: "matched", args });
    if (chat?.id !== args.chat) {
      // They asked for us again when we no longer did.
      if (args.chat !== leftChat) void this.link.stop(args.chat);
      return;
    }
    if (chat.ended !== null || this.conversation !== null) return;
    this.forgetSearch();
    this.reunion++;
    this.releaseUnwanted();
    if (told.mode === args.mode) this.begin(args);
    else this.sealFault(args.chat, "seal_failed");
    this.news();
  }

  private begin(args: MatchedArgs): void {
    const { limits } = this.store.state;
    const hand = this.tenders.take(args.chat, args.seal?.v === SEAL_VERSION ? args.seal.commit : null);
    if (hand === null || limits === null || this.pace === null) return this.sealFault(args.chat, "seal_failed");
    const { chat, polite } = args;
    const terms = { chat, polite, ...hand, nextCommit: hand.next.commit, limits, pace: this.pace, now };
    this.conversation = new Conversation(args, terms, this.link, this.ours(), this.conversationEvents(chat));
  }

  /** The relay did not play by the rules, or the two compared and saw that it did not: no word more. */
  private sealFault(chat: string, fault: SealFault): void {
    this.settle({ type: "seal_fault", chat, fault });
    this.releaseUnwanted();
    void this.link.stop(chat);
  }

  private conversationEvents(chat: string): ConversationEvents {
    const { store } = this;
    return {
      text: (n, text) => {
        store.dispatch({ type: "text", chat, n, text });
        this.news();
      },
      textChanged: (n, delivery) => store.dispatch({ type: "delivery", chat, n, delivery }),
      sealed: (emoji, commit) => {
        this.tenders.learn(chat, commit);
        store.dispatch({ type: "sealed", chat, emoji });
      },
      fault: (fault) => {
        if (this.inChat(chat) !== null) this.sealFault(chat, fault);
      },
      partnerMedia: (media) => store.dispatch({ type: "partner_media", chat, media }),
      call: (phase) => store.dispatch({ type: "call", chat, phase }),
      remote: (stream) => {
        if (this.inChat(chat) !== null) store.remote = stream;
      },
      freshIceServers: async () => {
        const answer = await this.link.ice();
        return answer.ok ? answer.ice_servers : null;
      },
    };
  }

  private inChat(chat: string): Conversation | null {
    return this.conversation?.chat === chat ? this.conversation : null;
  }

  private async sendReport(chat: string, reason: ReportReason): Promise<void> {
    const answer = await this.link.report(chat, reason);
    if (answer.ok) this.settle({ type: "reported", chat, reason });
    else this.store.dispatch({ type: "notice", notice: { code: "report_failed" } });
  }

  private news(): void {
    if (document.hidden) this.store.dispatch({ type: "hidden_news" });
  }

  private tick(): void {
    const { search, chat, last, link, confirmUntil } = this.store.state;
    const waiting = chat !== null && (chat.typingUntil !== null || chat.awayUntil !== null);
    if (search !== null || waiting || last !== null || confirmUntil !== null || link.retryAt !== null) this.store.dispatch({ type: "tick" });
    if (last !== null) this.releaseUnwanted();
    this.tenders.keepOnly(liveChat(this.store.state) ?? this.store.state.last?.chat ?? null);
  }

  /** Dispatch, and close the conversation that this may have ended: no frame of it outlives it. */
  private settle(happening: Parameters<Store["dispatch"]>[0]): State {
    const state = this.store.dispatch(happening);
    if (this.conversation !== null && this.conversation.chat !== liveChat(state)) {
      this.conversation.close();
      this.conversation = null;
      this.store.remote = null;
    }
    return state;
  }
}

function liveChat({ chat }: State): string | null {
  return chat === null || chat.ended !== null ? null : chat.id;
}

function now(): number {
  return performance.now();
}

function paceOf({ quotas }: Limits) {
  return { message: new Pace(quotas.message, now), signal: new Pace(quotas.signal, now) };
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

function faultOf(error: unknown) {
  return error instanceof DeviceError ? error.fault : "unknown";
}
