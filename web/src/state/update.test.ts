// The reducer, event by event.

import { describe, expect, it } from "vitest";

import type { Code, MatchedArgs, Resumed, WelcomeArgs } from "../contract.ts";
import { brokenLink } from "./chat.ts";
import type { TimedEvent, StateEvent } from "./events.ts";
import { wantsMedia } from "./last.ts";
import { AGAIN_WINDOW_MS, CONFIRM_EXPIRES_MS, TYPING_EXPIRES_MS, type State } from "./model.ts";
import { charsOver } from "./text.ts";
import { first, update } from "./update.ts";

const LIMITS: WelcomeArgs["limits"] = {
  interests: 10,
  interest_chars: 32,
  languages: 5,
  signal_bytes: 49_152,
  message_bytes: 16_384,
  resume_window_s: 15,
  resume_window_chat_s: 120,
  quotas: {} as WelcomeArgs["limits"]["quotas"],
  pause_max_s: 7200,
};

const welcome = (resumed: Resumed | null = null): StateEvent => ({
  type: "welcome",
  args: { v: 1, server: "omefree/test", online: 3, ice_servers: [], limits: LIMITS, resume: "token", resumed, relay: false },
});

const matched = (chat: string, part: Partial<MatchedArgs> = {}): StateEvent => ({
  type: "matched",
  args: { chat, polite: true, mode: "video", common: ["jazz"], languages: [], relay_only: false, ice_servers: [], seal: null, step_max: 2, ...part },
});

const SEARCH: StateEvent = { type: "search", mode: "video", anyone: false };
const ended = (chat: string, reason: "left" | "skipped" | "lost" = "left"): StateEvent => ({ type: "ended", chat, reason });
const text = (chat: string, n = 0): StateEvent => ({ type: "text", chat, n, text: "hi" });

const sealed = (chat: string): StateEvent => ({ type: "sealed", chat, emoji: [1, 2, 3, 63] });

/** The state after these events, which are one second apart. */
function after(...events: readonly StateEvent[]): State {
  return events.reduce((state, event) => then(state, event), first(0));
}

const then = (state: State, event: StateEvent, inMs = 1000): State => update(state, { ...event, at: state.now + inMs } as TimedEvent);
const chatting = (...more: readonly StateEvent[]) => more.reduce((state, event) => then(state, event), then(after(welcome(), SEARCH, matched("a")), sealed("a"), 0));

describe("a search", () => {
  it("leads to a chat", () => {
    const { screen, chat } = chatting();
    expect([screen, chat?.id, chat?.common, chat?.call]).toEqual(["chat", "a", ["jazz"], "connecting"]);
  });

  it("keeps its clock when it is widened or asked for anyone", () => {
    const state = after(welcome(), SEARCH, { type: "searching", args: { since_s: 0, widened: true } }, { type: "search", mode: "video", anyone: true });
    expect(state.search).toMatchObject({ since: 2000, widened: true, anyone: true });
  });

  it("that was stopped takes no match that crossed", () => {
    const state = after(welcome(), SEARCH, { type: "stop" }, matched("a"), { type: "searching", args: { since_s: 0, widened: false } });
    expect([state.screen, state.chat, state.search]).toEqual(["landing", null, null]);
  });

  it("refused for a while says until when; refused for good goes back to the start", () => {
    const refused = after(welcome(), SEARCH, { type: "refused", code: "rate_limited", retryInMs: 2000 });
    expect(refused.search).toMatchObject({ refusal: "rate_limited", retryAt: 5000 });
    const over = after(welcome(), SEARCH, { type: "refused", code: "no_turn", retryInMs: null });
    expect([over.screen, over.notice]).toEqual(["landing", { code: "no_turn" }]);
  });

  it("that crossed a match ends that chat, as the server did", () => {
    const state = chatting({ type: "searching", args: { since_s: 0, widened: false } });
    expect([state.screen, state.chat, state.leftChat]).toEqual(["searching", null, "a"]);
  });
});

describe("next", () => {
  it("forgets the last chat at once: nothing late of it shows", () => {
    const state = chatting(text("a"), SEARCH);
    for (const late of [text("a", 1), matched("a"), ended("a"), { type: "typing", chat: "a", on: true } as const, { type: "partner", chat: "a", state: "away" } as const]) {
      expect(then(state, late)).toMatchObject({ screen: "searching", chat: null });
    }
  });

  it("brings a chat with no trace of the last", () => {
    const { chat } = chatting(text("a"), { type: "partner_media", chat: "a", media: { mic: false, cam: false } }, SEARCH, matched("b"), text("a", 1));
    expect(chat).toMatchObject({ id: "b", texts: [], partnerMedia: null, ended: null, call: "connecting" });
  });
});

describe("an end", () => {
  it.each(["left", "skipped", "lost"] as const)("tells the reason: %s", (reason) => {
    expect(chatting(ended("a", reason)).chat?.ended).toBe(reason);
  });
  it("is the first one told", () => expect(chatting(ended("a"), ended("a", "lost")).chat?.ended).toBe("left"));
  it("of another chat is not ours", () => expect(chatting(ended("b")).chat?.ended).toBeNull());
  it("fails the texts that still waited", () => {
    const { chat } = chatting({ type: "write", chat: "a", n: 0, text: "yes" }, ended("a"));
    expect(chat?.texts[0]?.state).toEqual({ failed: "chat_over" });
  });
  it("by our report is ours, and of a chat that was over keeps its reason", () => {
    const report: StateEvent = { type: "reported", chat: "a", reason: "spam" };
    expect(chatting(report).chat).toMatchObject({ ended: "reported", reported: "spam" });
    expect(chatting(ended("a"), report).chat).toMatchObject({ ended: "left", reported: "spam" });
  });
});

describe("a resume", () => {
  const lost: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 500, code: null } };

  it("goes on with the same chat, and its second match changes nothing", () => {
    const before = chatting(text("a"), lost, welcome({ state: "chatting", chat: "a", partner: "here" }));
    expect(then(before, matched("a")).chat).toEqual(before.chat);
    expect(before.chat).toMatchObject({ ended: null, awayUntil: null });
  });

  it("tells that the partner is away meanwhile", () => {
    const state = chatting(lost, welcome({ state: "chatting", chat: "a", partner: "away" }));
    expect(state.chat?.awayUntil).toBe(state.now + 120_000);
  });

  it("that fails ends the chat, and a reason that follows replaces it", () => {
    const state = chatting(lost, welcome());
    expect(state.chat?.ended).toBe("broken");
    expect(then(state, ended("a", "skipped")).chat?.ended).toBe("skipped");
  });

  it("into a chat that was found meanwhile shows it", () => {
    const state = after(welcome(), SEARCH, lost, welcome({ state: "chatting", chat: "b", partner: "here" }), matched("b"));
    expect([state.screen, state.chat?.id]).toEqual(["chat", "b"]);
  });
});

describe("a broken link", () => {
  const lost: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 500, code: null } };
  const away: StateEvent = { type: "partner", chat: "a", state: "away" };
  const tick = (state: State, seconds: number): State => update(state, { type: "tick", at: state.now + seconds * 1000 });
  const said = (state: State) => state.chat && brokenLink(state, state.chat);
  const idle: StateEvent = { type: "call", chat: "a", phase: "none" };

  it.each([["ours", lost], ["theirs", away]] as const)("is told after five seconds, and not while the call goes on: %s", (whose, event) => {
    const broken = chatting(idle, event);
    expect([said(broken), said(tick(broken, 4.9)), said(tick(broken, 5))]).toEqual([null, null, whose]);
    const call: StateEvent = { type: "call", chat: "a", phase: "connected" };
    expect(said(tick(then(broken, call), 60))).toBeNull();
    expect(said(then(tick(broken, 60), ended("a")))).toBeNull();
  });

  it("is counted from its beginning, however often an attempt fails or `welcome` tells it", () => {
    const again = then(tick(chatting(idle, away, lost), 3), lost);
    expect(said(tick(again, 2))).toBe("ours");
    const back = then(again, welcome({ state: "chatting", chat: "a", partner: "away" }));
    expect(back.chat?.awaySince).toBe(chatting(idle, away).chat?.awaySince);
    expect(said(back)).toBe("theirs");
  });

  it("ends the chat once the server has surely given us up, and no sooner", () => {
    const broken = chatting(lost);
    expect(tick(broken, 137).chat?.ended).toBeNull();
    expect(tick(broken, 139).chat?.ended).toBe("broken");
  });

  it("offers the partner again to whoever was away when the chat ended", () => {
    const state = chatting(lost, welcome({ state: "idle" }), ended("a", "skipped"));
    expect(state).toMatchObject({ chat: { ended: "skipped" }, last: { chat: "a", again: "offered" } });
  });
});

describe("a partner", () => {
  it("who is away has until the window's end", () => {
    const state = chatting({ type: "typing", chat: "a", on: true }, { type: "partner", chat: "a", state: "away" });
    expect(state.chat).toMatchObject({ awayUntil: state.now + 120_000, typingUntil: null });
    expect(then(state, { type: "partner", chat: "a", state: "back" }).chat?.awayUntil).toBeNull();
  });

  it("who types is forgotten after five seconds, or with the text", () => {
    const typing = chatting({ type: "typing", chat: "a", on: true });
    expect(then(typing, { type: "tick" }, TYPING_EXPIRES_MS - 1).chat?.typingUntil).not.toBeNull();
    expect(then(typing, { type: "tick" }, TYPING_EXPIRES_MS).chat?.typingUntil).toBeNull();
    expect(then(typing, text("a")).chat?.typingUntil).toBeNull();
  });
});

describe("a text of ours", () => {
  const wrote = chatting({ type: "write", chat: "a", n: 0, text: "yes" });
  const delivery = (state: State, delivery: "sent" | "delivered") => then(state, { type: "delivery", chat: "a", n: 0, delivery });

  it("waits, is sent, is delivered, and never goes back", () => {
    expect(wrote.chat?.texts[0]?.state).toBe("waiting");
    const delivered = delivery(delivery(wrote, "sent"), "delivered");
    expect(delivered.chat?.texts[0]?.state).toBe("delivered");
    expect(delivery(delivered, "sent").chat?.texts[0]?.state).toBe("delivered");
  });

  it("that is too long is shown as failed", () => {
    const { chat } = chatting({ type: "write", chat: "a", n: null, text: "long" });
    expect(chat?.texts[0]?.state).toEqual({ failed: "too_big" });
  });
});

describe("the question of a key", () => {
  const stop: StateEvent = { type: "confirm", what: "stop" };
  it("passes", () => {
    const asked = chatting(stop);
    expect(asked.confirm).toEqual({ what: "stop", until: asked.now + CONFIRM_EXPIRES_MS });
    expect(then(asked, { type: "tick" }, CONFIRM_EXPIRES_MS - 1).confirm).not.toBeNull();
    expect(then(asked, { type: "tick" }, CONFIRM_EXPIRES_MS).confirm).toBeNull();
  });
  it("that was asked in the search does not count for whoever comes then", () => expect(after(welcome(), SEARCH, stop, matched("a")).confirm).toBeNull());
  it("of another key replaces it", () => expect(chatting(stop, { type: "confirm", what: "next" }).confirm?.what).toBe("next"));
});

describe("the time since when the partner is away", () => {
  const away: StateEvent = { type: "partner", chat: "a", state: "away" };
  it("begins with the first word of it, and ends with the return, the end, or another chat", () => {
    const gone = chatting(away);
    expect([gone.chat?.awaySince, then(gone, away).chat?.awaySince]).toEqual([gone.now, gone.now]);
    expect(then(gone, { type: "partner", chat: "a", state: "back" }).chat?.awaySince).toBeNull();
    expect(then(gone, ended("a")).chat?.awaySince).toBeNull();
  });
  it("is told by a welcome, too", () => {
    const back = chatting(welcome({ state: "chatting", chat: "a", partner: "away" }));
    expect(back.chat?.awaySince).toBe(back.now);
  });
});

describe("the last person", () => {
  const stop: StateEvent = { type: "stop" };
  const again: StateEvent = { type: "again", chat: "a" };
  const answered = (code: Code | null = null, retryInMs: number | null = null): StateEvent => ({ type: "again_reply", chat: "a", code, retryInMs });
  const asked = [again, answered()] as const;

  it.each(["left", "skipped", "lost"] as const)("can be asked for again if they %s", (reason) => {
    const { last, now } = chatting(ended("a", reason));
    expect(last).toMatchObject({ chat: "a", mode: "video", again: "offered", until: now + AGAIN_WINDOW_MS });
  });

  it("can be asked for again after our own next, or stop", () => {
    expect(chatting(SEARCH).last).toMatchObject({ chat: "a", again: "offered" });
    expect(chatting(stop).last).toMatchObject({ chat: "a", again: "offered" });
  });

  it.each([
    ["that was moderated", { type: "ended", chat: "a", reason: "moderated" }],
    ["that the server's stop ended", { type: "ended", chat: "a", reason: "drained" }],
    ["that we reported", { type: "reported", chat: "a", reason: "spam" }],
    ["that a lost link ended", welcome()],
  ] as const)("cannot be asked for again after a chat %s, nor later", (_, end) => {
    expect(chatting(end).last).toBeNull();
    expect(chatting(end, SEARCH, stop).last).toBeNull();
  });

  it("cannot be asked for again once they are reported", () => {
    expect(chatting(ended("a"), { type: "reported", chat: "a", reason: "spam" }).last).toBeNull();
  });

  it("is forgotten two minutes after the end, wherever we went since", () => {
    for (const state of [chatting(ended("a")), chatting(SEARCH), chatting(stop, ...asked)]) {
      const { until = 0 } = state.last ?? {};
      expect(then(state, { type: "tick" }, until - state.now - 1).last).not.toBeNull();
      expect(then(state, { type: "tick" }, until - state.now).last).toBeNull();
    }
    const { last, now } = chatting(ended("a"), SEARCH, stop);
    expect(last?.until).toBe(now - 2000 + AGAIN_WINDOW_MS);
  });

  it("is forgotten with a new chat", () => expect(chatting(SEARCH, ...asked, matched("b")).last).toBeNull());

  it("who asks too is met again, from wherever we wait, in an empty chat", () => {
    for (const state of [chatting(text("a"), ended("a"), ...asked), chatting(text("a"), SEARCH, ...asked), chatting(text("a"), stop, ...asked)]) {
      const { screen, chat, last } = then(state, matched("b"));
      expect([screen, chat?.id, chat?.texts, chat?.ended, last]).toEqual(["chat", "b", [], null, null]);
      expect(then(then(state, matched("b")), matched("a")).chat?.id).toBe("b");
    }
  });

  it("may be met before our own asking is answered", () => expect(chatting(stop, again, matched("b")).chat?.id).toBe("b"));
  it("who asks without us is not met", () => {
    expect(chatting(stop, matched("b")).chat).toBeNull();
    expect(chatting(ended("a"), matched("b")).chat?.id).toBe("a");
  });

  it("stays asked for while we search, until we stop", () => {
    expect(chatting(ended("a"), ...asked, SEARCH).last?.again).toBe("asked");
    const stopped = chatting(ended("a"), ...asked, SEARCH, stop);
    expect(stopped.last?.again).toBe("offered");
    expect(then(stopped, matched("b")).chat).toBeNull();
  });

  it("who is gone is not offered again", () => {
    const state = chatting(ended("a"), again, answered("chat_over"));
    expect(state.last?.again).toBe("gone");
    expect(then(state, again).last?.again).toBe("gone");
    expect(then(state, SEARCH).last).toBeNull();
  });

  it("can be asked for again once a refusal has passed", () => {
    const refused = chatting(ended("a"), again, answered("rate_limited", 2000));
    expect(refused.last).toMatchObject({ again: "offered", refusal: "rate_limited", retryAt: refused.now + 2000 });
    expect(then(refused, again)).toBe(refused);
    expect(then(refused, { type: "tick" }, 2000).last).toMatchObject({ again: "offered", refusal: null, retryAt: null });
    expect(chatting(ended("a"), again, answered("draining"), again).last?.again).toBe("asking");
  });

  it("is forgotten in a new session, and kept in a resumed one", () => {
    const idle = welcome({ state: "idle" });
    expect(chatting(stop, ...asked, idle).last?.again).toBe("asked");
    expect(chatting(stop, ...asked, welcome()).last?.again).toBe("gone");
    expect(chatting(stop, welcome()).last).toBeNull();
  });

  it("is seen with our devices as they were", () => {
    const media: StateEvent = { type: "media", media: { mic: true, cam: false } };
    const off: StateEvent = { type: "media", media: { mic: false, cam: false } };
    expect(chatting(media, stop, off).last?.media).toEqual({ mic: true, cam: false });
    expect(chatting(ended("a"), media, SEARCH, off, stop).last?.media).toEqual({ mic: true, cam: false });
  });

  it("has us keep the camera while we wait, and no longer", () => {
    expect([chatting(stop), chatting(stop, ...asked), chatting(stop, ...asked, stop)].map(wantsMedia)).toEqual([false, true, false]);
    expect([chatting(stop, again, answered("chat_over")), chatting(stop, ...asked, matched("b", { mode: "text" }))].map(wantsMedia)).toEqual([false, false]);
  });
});

describe("a device's fault", () => {
  const fault: StateEvent = { type: "no_device" };
  it("shows its screen", () => expect(after(welcome(), { type: "prepare" }, fault).screen).toBe("device"));
  it("that comes after we went on does not", () => expect(after(welcome(), { type: "prepare" }, SEARCH, fault).screen).toBe("searching"));
  it("that comes after we stopped does not", () => expect(after(welcome(), { type: "prepare" }, { type: "stop" }, fault).screen).toBe("landing"));
});

describe("the connection", () => {
  it("that is refused for its version says so", () => {
    expect(after({ type: "trouble", trouble: { kind: "outdated" } }).connection.phase).toBe("outdated");
  });
  it("that is lost counts its attempts and hides the count of people", () => {
    const trouble: StateEvent = { type: "trouble", trouble: { kind: "lost", retryInMs: 500, code: "full" } };
    const state = after(welcome(), trouble, { type: "connecting" }, trouble);
    expect([state.connection, state.online]).toEqual([{ phase: "lost", retryAt: 4500, code: "full", tries: 2, lostSince: expect.any(Number) as number }, null]);
    expect(then(state, welcome()).connection).toEqual({ phase: "up", retryAt: null, code: null, tries: 0, lostSince: null });
  });
});

describe("the lock", () => {
  const connected: StateEvent = { type: "call", chat: "a", phase: "connected" };
  const compared: StateEvent = { type: "compared", chat: "a" };

  it("is open until the partner's proof has come, and then shows four numbers", () => {
    expect(after(welcome(), SEARCH, matched("a")).chat).toMatchObject({ seal: "sealing", emoji: [] });
    expect(chatting().chat).toMatchObject({ seal: "sealed", emoji: [1, 2, 3, 63] });
  });

  it("says compared after a comparison in a call that is connected", () => {
    expect(chatting(connected, compared).chat?.seal).toBe("compared");
    expect(chatting(connected, compared, text("a"), { type: "partner", chat: "a", state: "away" }).chat?.seal).toBe("compared");
  });

  it("says so in a text chat in which the two have added sound", () => {
    const climbed = [{ type: "say_step", chat: "a", step: 1 }, { type: "heard_step", chat: "a", step: 1 }] as const;
    const text = after(welcome(), { ...SEARCH, mode: "text" } as StateEvent, matched("a", { mode: "text" }), sealed("a"));
    const calling = [...climbed, connected].reduce<State>((state, event) => then(state, event), text);
    expect(then(calling, compared).chat?.seal).toBe("compared");
    expect(then(then(calling, { type: "say_step", chat: "a", step: 0 }), compared).chat?.seal).toBe("sealed");
  });

  it("never says so in a text chat, nor before there is a call to compare over", () => {
    expect(after(welcome(), { ...SEARCH, mode: "text" } as StateEvent, matched("a", { mode: "text" }), sealed("a"), connected, compared).chat?.seal).toBe("sealed");
    expect(chatting(compared).chat?.seal).toBe("sealed");
    expect(after(welcome(), SEARCH, matched("a"), connected, compared).chat?.seal).toBe("sealing");
  });

  it.each(["seal_failed", "seal_broken", "seal_gap", "seal_media", "seal_differs"] as const)("that finds %s ends the chat, and offers nobody again", (fault) => {
    const state = chatting({ type: "write", chat: "a", n: 0, text: "never went" }, { type: "seal_fault", chat: "a", fault });
    expect(state.chat).toMatchObject({ ended: fault, texts: [{ state: { failed: "chat_over" } }] });
    expect(state.last).toBeNull();
    expect(then(state, ended("a")).chat?.ended).toBe(fault);
    expect(then(state, SEARCH).screen).toBe("searching");
  });

  it("is a fault of its own chat alone", () => {
    expect(chatting({ type: "seal_fault", chat: "b", fault: "seal_broken" }).chat?.ended).toBeNull();
    expect(chatting(ended("a"), { type: "seal_fault", chat: "a", fault: "seal_broken" }).chat?.ended).toBe("left");
  });

  it("that never closed leaves nobody to ask for again", () => {
    expect(after(welcome(), SEARCH, matched("a"), ended("a", "skipped")).last).toBeNull();
  });
});

describe("a text of too many bytes", () => {
  it("tells how many characters have to go", () => {
    expect(charsOver("a".repeat(12_000))).toBe(0);
    expect(charsOver("a".repeat(12_003))).toBe(3);
    expect(charsOver(`${"é".repeat(6_000)}!`)).toBe(1);
    expect(charsOver("\u{1F44B}".repeat(3_002))).toBe(2);
    expect(charsOver("日".repeat(4_001))).toBe(1);
  });
});
