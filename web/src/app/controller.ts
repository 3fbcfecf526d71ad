// Sends each action of the visitor and each event of the server to the controller that it concerns. The controllers
// call the connection and the devices, and tell the state.

import { isCallPossible } from "../call/call.ts";
import { Devices } from "../call/devices.ts";
import { Connection, type ConnectionEvents } from "../channel/connection.ts";
import type { MatchedArgs, Mode, ReportReason, SearchingArgs, WelcomeArgs } from "../contract.ts";
import { canSeal } from "../seal/handshake.ts";
import type { Actions } from "../state/actions.ts";
import { isWaiting } from "../state/last.ts";
import type { Ability, State } from "../state/model.ts";
import { ChatController } from "./chat.ts";
import { MediaController } from "./media.ts";
import { type Board, liveChat } from "./ports.ts";
import { ReunionController } from "./reunion.ts";
import { SearchController } from "./search.ts";
import { OfferStore } from "./offers.ts";

const TICK_MS = 1_000; // the countdowns show seconds

/** What this browser can do at this address. */
export function ability(): Ability {
  return { secure: isSecureContext, calls: isCallPossible(), seal: canSeal() };
}

/**
 * Owns the connection, the devices and the four controllers of one page. state/actions.ts tells what each action does.
 */
export class AppController implements Actions {
  private readonly offers = new OfferStore();
  private readonly connection: Connection;
  private readonly media: MediaController;
  private readonly chat: ChatController;
  private readonly search: SearchController;
  private readonly reunion: ReunionController;

  constructor(private readonly board: Board) {
    const devices = new Devices();
    this.connection = new Connection(this.connectionEvents());
    this.media = new MediaController(board, devices);
    this.chat = new ChatController(board, this.connection, this.media, this.offers);
    this.search = new SearchController(board, this.connection, this.chat, this.media, this.offers);
    this.reunion = new ReunionController(board, this.connection, this.media, this.offers);
    devices.onChange = () => this.chat.setOurs(this.media.changed());
    setInterval(() => this.tick(), TICK_MS);
  }

  // --- the page's life

  /** Called when the page opens, or comes back from the browser's cache. */
  open(): void {
    this.connection.connect();
  }

  /** Called when the page closes: ends the session at once and turns the camera off. */
  close(): void {
    this.connection.leave();
    this.media.release();
  }

  /** Called when the page is visible again or the network is back. */
  shown(): void {
    this.board.dispatch({ type: "seen" });
    if (this.board.state.connection.phase === "lost") this.connection.connect();
  }

  /** Called when a part of the page is gone from the server, so that only a reload helps. */
  outdated(): void {
    this.board.dispatch({ type: "trouble", trouble: { kind: "outdated" } });
  }

  // --- the visitor's actions

  start(mode: Mode): void {
    if (!canSeal()) return;
    if (mode === "text") this.media.release();
    if (mode === "text" || !isCallPossible()) return this.search.find(mode, false);
    void this.media.prepare().then((ready) => ready && this.search.find("video", false));
  }

  goWithout(): void {
    this.media.release(); // if the browser's question is still answered with yes, those tracks stop at once
    this.search.find("video", false);
  }

  anyone(): void {
    this.search.find(this.board.state.search?.mode ?? "text", true);
  }

  next(): void {
    const { chat } = this.board.state;
    if (chat !== null) this.search.find(chat.mode, false);
  }

  stop(): void {
    const live = liveChat(this.board.state);
    const { screen, last } = this.board.state;
    this.chat.settle({ type: "stop" });
    this.media.release();
    this.search.forget();
    this.offers.endSearch();
    this.reunion.forget();
    if (live !== null || screen === "searching" || isWaiting(last)) void this.connection.stop(live);
  }

  again(): void {
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

  compared(same: boolean): void {
    this.chat.compared(same);
  }

  report(reason: ReportReason): void {
    void this.chat.report(reason);
  }

  wish(wish: Partial<State["wish"]>): void {
    this.board.dispatch({ type: "wish", wish });
  }

  escape(): void {
    const { chat, confirmUntil } = this.board.state;
    if (chat !== null && confirmUntil !== null) this.next();
    else this.board.dispatch({ type: "escape" });
  }

  reconnect(): void {
    this.connection.connect();
  }

  reload(): void {
    location.reload();
  }

  dismiss(): void {
    this.board.dispatch({ type: "notice", notice: null });
  }

  // --- from the connection

  private connectionEvents(): ConnectionEvents {
    const { board } = this;
    return {
      welcome: (args) => this.welcome(args),
      connecting: () => board.dispatch({ type: "connecting" }),
      trouble: (trouble) => {
        this.chat.pause();
        board.dispatch({ type: "trouble", trouble });
      },
      online: (count) => board.dispatch({ type: "online", count }),
      searching: (args) => this.searching(args),
      matched: (args) => this.matched(args),
      signal: (chat, data) => this.chat.receive("signal", chat, data),
      message: (chat, data) => this.chat.receive("message", chat, data),
      typing: (chat, on) => board.dispatch({ type: "typing", chat, on }),
      partner: (chat, state) => this.chat.partner(chat, state),
      ended: (chat, reason) => this.chat.settle({ type: "ended", chat, reason }),
      failed: () => undefined, // each event that we send has an acknowledgement to carry its error
    };
  }

  private welcome(args: WelcomeArgs): void {
    this.chat.welcome(args);
    const { resumed } = args;
    const { screen, leftChat, last } = this.board.state;
    const chat = resumed?.chat ?? null;
    const found = chat !== null && chat !== leftChat;
    if (chat !== null && chat === liveChat(this.board.state)) {
      if (resumed?.partner === "here") this.chat.resume();
    } else if (found && (screen === "searching" || isWaiting(last))) return; // `matched` follows
    else if (screen === "searching") this.search.ask(chat);
    else if (resumed !== null && resumed.state !== "idle") void this.connection.stop(chat);
    this.reunion.askAnew();
  }

  private searching(args: SearchingArgs): void {
    const chat = liveChat(this.board.state);
    const { screen } = this.chat.settle({ type: "searching", args });
    // Our `find` crossed a match, and the server has ended that chat. Its offer is used up: ask with a new one.
    if (chat !== null && screen === "searching") this.search.ask(null);
  }

  private matched(told: MatchedArgs): void {
    const { wish, search, last, screen } = this.board.state;
    const asked = screen === "searching" && told.seal !== null ? search?.mode : last?.mode;
    // No relay can undo our wish to hide. Nor can it turn a text chat into a call, which shows our address.
    const args = { ...told, mode: asked ?? told.mode, relay_only: told.relay_only || wish.hide };
    const { chat, leftChat } = this.chat.settle({ type: "matched", args });
    if (chat?.id !== args.chat) {
      // The last partner asked for us again after we had stopped asking.
      if (args.chat !== leftChat) void this.connection.stop(args.chat);
      return;
    }
    if (chat.ended !== null || this.chat.isBegun) return;
    this.search.forget();
    this.reunion.forget();
    this.media.releaseUnwanted();
    this.chat.begin(args, told);
    this.chat.news();
  }

  /** Lets time pass in the state while something on the page counts or expires. */
  private tick(): void {
    const { search, chat, last, connection, confirmUntil } = this.board.state;
    const waiting = chat !== null && (chat.typingUntil !== null || chat.awayUntil !== null);
    if (search !== null || waiting || last !== null || confirmUntil !== null || connection.retryAt !== null) this.board.dispatch({ type: "tick" });
    if (last !== null) this.media.releaseUnwanted();
    this.offers.keepOnly(liveChat(this.board.state) ?? this.board.state.last?.chat ?? null);
  }
}
