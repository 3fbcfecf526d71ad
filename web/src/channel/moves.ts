// How a connection goes over to a second link while the first one stands (docs/protocol.md, "Moving, for clients"). It
// is loaded with what comes after the first screen: before, there is nothing to lose.

import type { WelcomeArgs } from "../contract.ts";
import type { ConnectionEvents } from "./connection.ts";
import type { Link, Question, Why } from "./link.ts";
import { retryDelayMs } from "./retry.ts";

const MOVE_MAX_S = 60; // the longest delay that is accepted from a server's `moving`
const LAST_WORDS_MS = 1_000; // for the old link to close after the new `welcome`: longer than a round trip
const QUIET_MS = 3_000; // for the new `welcome` after the old link has closed: servers look for our place for 2 s, seldom more
const GOODBYE_MS = 2_000; // for the answer to a CONNECT, when the visitor has left
const STALE_MS = 2_000; // as in connection.ts

/** What moves need of their connection. */
export interface Host {
  /** The one that is used. */
  link: Link | null;
  /** What has no reply yet, in the order in which it was asked. */
  readonly unanswered: Iterable<Question>;
  readonly events: Pick<ConnectionEvents, "trouble" | "connecting">;
  newLink(): Link;
  refuseAll(): void;
  welcome(args: WelcomeArgs, moved: boolean): void;
}

/** All moves of one connection. Those of the calls below that return a boolean say whether they were about a move. */
export class Moves {
  private next: Link | null = null; // it takes the place of the host's
  private early: (() => void)[] = []; // heard over `next`: what the old link still says comes before
  private hasPlace = false; // `next` has kept our place, by its `welcome`
  private at = Infinity; // when a move is planned
  private attempt = 0;
  private plan: ReturnType<typeof setTimeout> | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: Host) {}

  /** Whether our place goes over from one link to the next at this moment. What is asked waits. */
  get isBetween(): boolean {
    return this.next !== null && (this.host.link === null || this.next.welcomed);
  }

  /** The process of a link will close in as many seconds as the arguments of `moving` say: plans a move. */
  told(link: Link, args: unknown): void {
    if (link === this.next) return void this.early.push(() => this.told(link, args));
    const { after_s: withinS } = Object(args) as { readonly after_s?: unknown };
    if (typeof withinS !== "number" || Number.isNaN(withinS) || this.next !== null) return;
    this.planIn(Math.random() * Math.min(Math.max(withinS, 0), MOVE_MAX_S) * 1000);
  }

  /** Takes an event that comes too early. */
  heard(link: Link, deliver: () => void): boolean {
    return link === this.next && this.early.push(deliver) > 0;
  }

  /** What the server wrote to the old link before may still be under way. */
  welcomed(link: Link, args: WelcomeArgs): boolean {
    if (link !== this.next) return false;
    this.hasPlace = args.resumed !== null;
    this.early = [() => this.host.welcome(args, args.resumed !== null)];
    clearTimeout(this.patience);
    if (this.host.link === null) this.switch(link);
    else this.patience = setTimeout(() => this.switch(link), LAST_WORDS_MS);
    return true;
  }

  /** One of the two links has ended. */
  ended(link: Link, why: Why): boolean {
    const { next, host } = this;
    if (next === null) return false;
    if (next.welcomed) {
      this.switch(next);
      return link !== host.link; // else it has just been left, or the visitor has
    }
    if (link === next) return this.failed(why);
    // The first link ends when our place goes over to the second one.
    host.link = null;
    this.patience = setTimeout(() => this.giveUp(next), QUIET_MS);
    return true;
  }

  /** The page is shown again: a second link that has long had no answer is not waited for. */
  hurry(): void {
    if (this.next !== null && this.host.link === null && this.next.age > STALE_MS) this.giveUp(this.next);
  }

  /** Nothing of a move is left. */
  stop(): void {
    clearTimeout(this.plan);
    clearTimeout(this.patience);
    [this.at, this.attempt, this.next, this.early] = [Infinity, 0, null, []];
  }

  /** The visitor leaves. Nobody knows which link has our place. */
  leave(): void {
    const { next } = this;
    this.stop();
    if (next === null || next.welcomed) return next?.leave();
    next.mute(); // it is not known to the server yet: a goodbye must wait until it is
    next.send((socket) => {
      const leave = () => next.leave();
      socket.on("connect", leave);
      setTimeout(leave, GOODBYE_MS);
    });
  }

  /** The second link failed. The first one serves on if it stands: a later attempt may lead elsewhere. */
  private failed({ code, pause, retryAfterS }: Why): boolean {
    this.next = null;
    if (this.host.link === null) return false;
    if (code !== "version" && pause === null) this.planIn(retryDelayMs(this.attempt++, Math.random(), retryAfterS));
    return true;
  }

  /** The earliest plan counts. */
  private planIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.at) return;
    this.at = at;
    clearTimeout(this.plan);
    this.plan = setTimeout(() => this.begin(), ms);
  }

  /** Opens a second link. The first one is heard and asked until the second has our place. */
  private begin(): void {
    this.at = Infinity;
    this.next = this.host.newLink();
  }

  /** If we have kept our place, the server has heard none of what it has not answered, so that is asked again. */
  private switch(next: Link): void {
    const { host, early, hasPlace } = this;
    const old = host.link;
    this.stop();
    host.link = next;
    if (hasPlace) {
      old?.drop();
      if (next.isUp) for (const { send } of host.unanswered) next.send(send);
    } else {
      old?.leave();
      host.refuseAll();
    }
    for (const deliver of early) if (host.link === next) guarded(deliver);
  }

  /** The second link takes too long. From now on it is an attempt to reconnect, as after any break. */
  private giveUp(next: Link): void {
    const { host } = this;
    this.stop();
    host.link = next;
    host.refuseAll();
    host.events.trouble({ kind: "lost", retryInMs: 0, code: null });
    host.events.connecting();
  }
}

/** A listener that throws must not keep the others from their events: the browser's console gets its error. */
function guarded(deliver: () => void): void {
  try {
    deliver();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
