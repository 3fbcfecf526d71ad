// Sends each action of the visitor and each event of the server to the controller that it concerns. The controllers
// call the connection and the devices, and tell the state.

import { isCallPossible } from "../call/possible.ts";
import { Devices } from "../call/devices.ts";
import { Connection, type ConnectionEvents, type Trouble } from "../channel/connection.ts";
import type { Host, Moves } from "../channel/moves.ts";
import type { FailedArgs, MatchedArgs, Mode, Pause, ReportReason, SearchingArgs, Step, WelcomeArgs } from "../contract.ts";
import { canSeal } from "../seal/ability.ts";
import type { MediaState } from "../seal/content.ts";
import type { makeOffer } from "../seal/handshake.ts";
import type { Actions, DeviceActions, Translating } from "../state/actions.ts";
import { canAsk, isWaiting } from "../state/last.ts";
import type { Ability, State } from "../state/model.ts";
import { isPaused } from "../state/pause.ts";
import { keptOf, SETTINGS, settingsOf } from "../state/settings.ts";
import { isCounting } from "../state/tick.ts";
import { forgetStored, store, stored } from "../stored.ts";
import { Alerts, type Bell } from "./alerts.ts";
import { ChatController, type ChatParts } from "./chat.ts";
import { FlowController } from "./flow.ts";
import { MediaController } from "./media.ts";
import { MyselfController } from "./myself.ts";
import { type Board, liveChat } from "./ports.ts";
import type { ReunionController } from "./reunion.ts";
import { SearchController } from "./search.ts";
import { OfferStore } from "./offers.ts";

const TICK_MS = 1_000; // the countdowns show seconds

/** What this browser can do at this address. */
export function ability(): Ability {
  return { secure: isSecureContext, calls: isCallPossible(), seal: canSeal() };
}

/** The part of the page that has all of a chat. `need` resolves once it is `here`. */
export interface Visit {
  readonly here: Whole | null;
  need(): Promise<Pick<Whole, "makeOffer">>;
}
interface Whole extends ChatParts {
  readonly makeOffer: typeof makeOffer;
  translating(board: Board): Translating;
  reuniting(...parts: ConstructorParameters<typeof ReunionController>): ReunionController;
  /** Follows a server that moves us. */
  following(host: Host): Moves;
  readonly bell: Bell;
}

/**
 * Owns the connection, the devices and the controllers of one page. state/actions.ts tells what each action does.
 */
export class AppController implements Actions {
  private readonly offers: OfferStore;
  private readonly connection: Connection;
  private readonly media: MediaController;
  private readonly alerts: Alerts;
  private readonly chat: ChatController;
  private readonly search: SearchController;
  private reunion: ReunionController | null = null; // from the first `again` on
  private readonly myself: MyselfController;
  private readonly flow: FlowController;
  private wasOn: MediaState | null = null; // when the page was left
  private translating: Translating | null = null;

  constructor(
    private readonly board: Board,
    private readonly visit: Visit,
  ) {
    board.dispatch({ type: "settings", settings: settingsOf(stored("settings")) });
    this.offers = new OfferStore(async () => (await visit.need()).makeOffer());
    const devices = new Devices();
    this.connection = new Connection(this.connectionEvents(), (host) => visit.here?.following(host) ?? null);
    this.media = new MediaController(board, devices);
    this.alerts = new Alerts(board, () => visit.here?.bell ?? null);
    this.chat = new ChatController(board, this.connection, this.media, this.offers, () => this.whole());
    this.chat.onNews = (news) => this.alerts.tell(news);
    this.search = new SearchController(board, this.connection, this.chat, this.media, this.offers, (commit) => this.myself.tell(commit));
    this.myself = new MyselfController(board, this.chat, this.search, this.offers);
    this.flow = new FlowController(board, { go: (mode) => this.search.find(mode, false), stop: () => this.stop() });
    devices.onChange = () => this.chat.setOurs(this.media.changed());
    this.media.begin();
    setInterval(() => this.tick(), TICK_MS);
  }

  // --- the page's life

  /** Called when the page opens. */
  open(): void {
    this.myself.open();
    this.connection.connect();
  }

  /** Called when the page closes: ends the session at once and turns the camera off. */
  close(): void {
    const { screen, search, media } = this.board.state;
    const searching = screen === "searching" && search?.mode === "video";
    this.wasOn = screen === "preparing" ? this.media.asked : searching ? media : null;
    this.search.forget();
    this.reunion?.forget();
    this.chat.settle({ type: "page_left" });
    this.connection.leave();
    this.myself.close();
    this.media.release();
  }

  /** Called when the page comes back from the browser's cache. A search in video goes on with what was on, or not at all. */
  reopen(): void {
    const { wasOn } = this;
    const anyone = this.board.state.search?.anyone ?? false;
    this.open();
    if (wasOn !== null && (wasOn.mic || wasOn.cam)) void this.media.prepare(wasOn).then((ready) => ready && this.search.find("video", anyone));
  }

  /** Called when the page comes into sight, or goes out of it. */
  inSight(shown: boolean): void {
    this.board.dispatch({ type: "shown", shown });
    if (shown) this.shown();
  }

  /** Called at a gesture of the visitor. */
  touched(): void {
    this.alerts.touched();
  }

  /** Called when the page is visible again or the network is back. */
  shown(): void {
    this.connection.hurry();
  }

  /** Called when a part of the page is gone from the server, so that only a reload helps. A chat that goes on has all it needs. */
  outdated(): void {
    if (liveChat(this.board.state) !== null) return;
    this.decline();
    this.stop();
    this.board.dispatch({ type: "trouble", trouble: { kind: "outdated" } });
  }

  // --- the visitor's actions

  get translation(): Translating {
    return (this.translating ??= this.whole().translating(this.board));
  }

  get devices(): DeviceActions {
    return this.media;
  }

  start(mode: Mode): void {
    if (!canSeal()) return;
    if (!this.board.state.entry.agreed) return void this.board.dispatch({ type: "entry", entry: { wanted: mode } });
    if (isPaused(this.board.state, mode) && this.board.state.screen === "landing") return; // the page says why
    if (mode === "text") this.media.release();
    if (mode === "text" || !isCallPossible() || this.media.isReady) return this.search.find(mode, false);
    void this.media.prepare().then((ready) => ready && this.search.find("video", false));
  }

  agree(): void {
    const { wanted } = this.board.state.entry;
    if (wanted === null) return;
    this.board.dispatch({ type: "entry", entry: { agreed: true, wanted: null } });
    this.start(wanted);
    void this.media.preview(false); // the search needs the devices now, or a pause has come
  }

  decline(): void {
    this.board.dispatch({ type: "entry", entry: { wanted: null } });
    void this.media.preview(false);
  }

  goWithout(): void {
    this.media.release(); // if the browser's question is still answered with yes, those tracks stop at once
    this.search.find("video", false);
  }

  anyone(): void {
    this.search.find(this.board.state.search?.mode ?? "text", true);
  }

  next(): void {
    this.flow.next();
  }

  nextByKey(): void {
    this.flow.nextByKey();
  }

  stay(): void {
    this.board.dispatch({ type: "stay" });
  }

  react(sign: number): void {
    this.chat.react(sign);
  }

  stop(): void {
    this.quit("stop");
  }

  panic(): void {
    this.quit("panic");
  }

  private whole(): Whole {
    if (this.visit.here === null) throw new Error("a chat before its search");
    return this.visit.here;
  }

  private quit(type: "stop" | "panic"): void {
    const live = liveChat(this.board.state);
    const { screen, last } = this.board.state;
    this.chat.settle({ type });
    this.media.release();
    this.search.forget();
    this.offers.endSearch();
    this.reunion?.forget();
    if (live !== null || screen === "searching" || isWaiting(last)) void this.connection.stop(live);
  }

  again(): void {
    if (!canAsk(this.board.state.last)) return;
    this.reunion ??= this.whole().reuniting(this.board, this.connection, this.media, this.offers);
    this.reunion.ask();
  }

  write(text: string): void {
    this.chat.write(text);
  }

  typing(on: boolean): void {
    this.chat.typing(on);
  }

  toggleMic(): void {
    void this.media.toggleMic();
  }

  toggleCam(): void {
    void this.media.toggleCam();
  }

  picture(on: boolean): void {
    this.board.dispatch({ type: "picture", on });
    this.chat.follow();
  }

  restCall(): void {
    if (this.board.state.chat?.mode === "text") this.climb(0);
    else this.media.rest();
  }

  retryCall(): void {
    this.media.wake();
    this.chat.retryCall();
  }

  climb(step: Step): void {
    void this.chat.climb(step);
  }

  refuseStep(): void {
    this.chat.refuseStep();
  }

  compared(same: boolean): void {
    this.chat.compared(same);
  }

  report(reason: ReportReason): void {
    void this.chat.report(reason);
  }

  reportLast(reason: ReportReason): void {
    void this.chat.reportLast(reason);
  }

  leaveAndReport(reason: ReportReason): void {
    void this.search.leaveAndReport(reason);
  }

  unfold(id: string): void {
    this.board.dispatch({ type: "unfold", id });
  }

  closeAdvert(): void {
    this.board.dispatch({ type: "advert_closed" });
  }

  wish(wish: Partial<State["wish"]>): void {
    this.board.dispatch({ type: "wish", wish });
  }

  settings(settings: Partial<State["settings"]>): void {
    store("settings", keptOf(this.board.dispatch({ type: "settings", settings }).settings));
    this.media.tune();
    this.chat.follow();
  }

  escape(): void {
    this.flow.escape();
  }

  reconnect(): void {
    this.connection.connect();
  }

  reload(): void {
    location.reload();
  }

  forgetDevice(): void {
    forgetStored();
    const { shield, steps } = this.board.state.settings; // are not kept
    this.board.dispatch({ type: "settings", settings: { ...SETTINGS, shield, steps } });
    this.media.forget();
  }

  dismiss(): void {
    this.board.dispatch({ type: "notice", notice: null });
  }

  // --- from the connection

  private connectionEvents(): ConnectionEvents {
    const { board } = this;
    return {
      welcome: (args, moved) => this.welcome(args, moved),
      connecting: () => board.dispatch({ type: "connecting" }),
      trouble: (trouble) => this.trouble(trouble),
      online: (count) => board.dispatch({ type: "online", count }),
      searching: (args) => this.searching(args),
      matched: (args) => this.matched(args),
      signal: (chat, data) => this.chat.receive("signal", chat, data),
      message: (chat, data) => this.chat.receive("message", chat, data),
      typing: (chat, on) => board.dispatch({ type: "typing", chat, on }),
      partner: (chat, state) => this.chat.partner(chat, state),
      ended: (chat, reason) => this.chat.settle({ type: "ended", chat, reason }),
      paused: (pause) => this.paused(pause),
      failed: (args) => this.failed(args),
    };
  }

  private trouble(trouble: Trouble): void {
    this.chat.pause();
    this.chat.settle({ type: "trouble", trouble });
    if (trouble.kind === "lost" && trouble.pause !== undefined) this.turnedAway();
  }

  private paused(pause: Pause | null): void {
    const before = this.board.state;
    const { screen, last } = this.chat.settle({ type: "paused", pause });
    if (screen === before.screen && isWaiting(last) === isWaiting(before.last)) return;
    this.reunion?.forget();
    if (screen === "searching") return this.media.releaseUnwanted(); // an `again` is over, the search of an open mode is not
    this.turnedAway();
    void this.connection.stop(null); // should the server still search for us, or know our `again`
  }

  /** The server lets us search no more, so nothing of the search is kept. */
  private turnedAway(): void {
    this.search.forget();
    this.offers.endSearch();
    this.media.releaseUnwanted();
  }

  /** All our events have an acknowledgement, which carries their errors. What fails later comes here. */
  private failed(args: FailedArgs): void {
    if (args.event !== "find") return;
    this.search.failed(args);
    this.reunion?.failed();
  }

  /** Makes our state and the server's agree. After a move they do, since nothing was lost and all is asked that had no reply. */
  private welcome(args: WelcomeArgs, moved: boolean): void {
    this.chat.welcome(args);
    const { resumed } = args;
    if (moved) return;
    const { screen, leftChat, last } = this.board.state;
    const chat = resumed?.chat ?? null;
    const found = chat !== null && chat !== leftChat;
    if (chat !== null && chat === liveChat(this.board.state)) {
      if (resumed?.partner === "here") this.chat.resume();
    } else if (found && (screen === "searching" || isWaiting(last))) return; // `matched` follows
    else if (screen === "searching") this.search.ask(chat);
    else if (resumed !== null && resumed.state !== "idle") void this.connection.stop(chat);
    this.reunion?.askAnew();
  }

  private searching(args: SearchingArgs): void {
    const chat = liveChat(this.board.state);
    const { screen } = this.chat.settle({ type: "searching", args });
    // Our `find` crossed a match, and the server has ended that chat. Its offer is used up: ask with a new one.
    if (chat !== null && screen === "searching") this.search.ask(null);
  }

  private matched(told: MatchedArgs): void {
    if (this.myself.isMatch(told)) return;
    const { wish, search, last, screen } = this.board.state;
    const asked = screen === "searching" && told.seal !== null ? search?.mode : last?.mode;
    // No relay can undo our wish to hide. Nor can it turn a text chat into a call, which shows our address.
    const mode = asked ?? told.mode;
    const step_max = mode === "video" || isCallPossible() ? told.step_max : 0;
    const args = { ...told, mode, step_max, relay_only: told.relay_only || wish.hide };
    const { chat, leftChat } = this.chat.settle({ type: "matched", args });
    if (chat?.id !== args.chat) {
      // The last partner asked for us again after we had stopped asking.
      if (args.chat !== leftChat) void this.connection.stop(args.chat);
      return;
    }
    if (chat.ended !== null || this.chat.isBegun) return;
    this.myself.met(args);
    this.search.forget();
    this.reunion?.forget();
    this.media.releaseUnwanted();
    this.chat.begin(args, told);
    this.alerts.tell("match");
  }

  /** Lets time pass in the state while something on the page counts or expires. */
  private tick(): void {
    if (isCounting(this.board.state)) this.chat.settle({ type: "tick" });
    this.chat.follow();
    if (liveChat(this.board.state) === null) this.media.releaseUnwanted(); // a step of a live chat may just be asked for
    this.flow.follow();
    const { chat } = this.board.state; // after `broken` an `ended` may follow, and offer to meet again
    this.offers.keepOnly(liveChat(this.board.state) ?? this.board.state.last?.chat ?? (chat?.ended === "broken" ? chat.id : null));
  }
}
