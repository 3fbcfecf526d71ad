// The file of what was written: its text and its name.

import { describe, expect, it } from "vitest";

import type { Chat, Text } from "../state/model.ts";
import { newSteps } from "../state/steps.ts";
import { newTrust } from "../state/trust.ts";
import { keepName, keepText } from "./keep.ts";

const BEGUN = Date.UTC(2026, 10, 29, 14, 30, 5);
const CIRCUMSTANCES = { host: "chat.example", server: "omefree/1.2.0", now: BEGUN + 600_000 };

const CHAT: Chat = {
  id: "secret-id",
  mode: "text",
  common: ["jazz", "tea"],
  relayOnly: false,
  route: null,
  texts: [],
  dropped: 0,
  awayUntil: null,
  awaySince: null,
  typingUntil: null,
  partnerMedia: null,
  call: "none",
  quality: null,
  seal: "sealed",
  emoji: [0, 1, 2, 63],
  ended: "left",
  begunAt: BEGUN,
  endedAt: BEGUN + 60_000,
  reported: "hate",
  steps: newSteps(2),
  trust: newTrust(BEGUN),
  reactions: [],
};

const theirs = (text: string): Text => ({ id: "theirs-0", mine: false, at: BEGUN + 5_000, text, state: "received", folded: false });
const mine = (text: string, state: Text["state"] = "delivered"): Text => ({ id: "mine-0", mine: true, at: BEGUN + 7_000, text, state, folded: false });
const file = (part: Partial<Chat> = {}) => keepText({ ...CHAT, ...part }, CIRCUMSTANCES);

describe("the file of what was written", () => {
  it("tells where, when, why, and who said what", () => {
    expect(file({ texts: [theirs("hello"), mine("hi")] })).toMatch(
      /^OmeFree: what was written .*\nServer: chat\.example \(omefree\/1\.2\.0\)\nBegun: 2026-11-29 14:30:05 UTC\nOver: 2026-11-29 14:31:05 UTC\nReported as: Hate or harassment\nInterests of both: jazz and tea\nThe four emoji of the lock: (.+, ){3}.+\n\n14:30:10 Stranger: hello\n14:30:12 You: hi\n\nThis file proves nothing by itself/,
    );
  });

  it("of a chat that goes on says when it was made", () => {
    expect(file({ ended: null, endedAt: null, reported: null })).toContain("Still going on: 2026-11-29 14:40:05 UTC");
    expect(file({ reported: null })).not.toContain("Reported as");
  });

  it("without texts, interests or emoji says only what there was", () => {
    const text = file({ common: [], emoji: [] });
    expect(text).toContain("(Nothing was written.)");
    expect(text).not.toMatch(/Interests|emoji/);
  });

  it("marks what never went out", () => {
    expect(file({ texts: [mine("lost", { failed: "chat_over" }), mine("late", "waiting")] }).match(/You \(Not sent\)/g)).toHaveLength(2);
  });

  it.each(["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])("sets off what follows a break (%j), so that no text can pass for a line of ours", (end) => {
    const lines = file({ texts: [theirs(`first${end}14:30:11 You: I did it`)] }).split(/[\r\n\v\f\x85\u2028\u2029]/);
    expect(lines).toContain("         | 14:30:11 You: I did it");
    expect(lines.some((line) => line.startsWith("14:30:11"))).toBe(false);
  });

  it("names signs without a shape, which can hide text or turn it round", () => {
    expect(file({ texts: [theirs("a\u202Eb\u200Bc\x07d\x1b[31m")] })).toContain("a<U+202E>b<U+200B>c<U+0007>d<U+001B>[31m");
    expect(file({ common: ["ja\nzz\u202E"] })).toContain("Interests of both: ja zz<U+202E>\n");
  });

  it("leaves letters, emoji and their joiner as they are", () => {
    const text = "Öl 日本 \u{1F468}\u200D\u{1F469}\u200D\u{1F467} עברית";
    expect(file({ texts: [theirs(text)] })).toContain(text);
  });

  it("has no id and no address in it", () => expect(file({ texts: [theirs("hi")] })).not.toContain("secret-id"));
  it("has a name that tells the time alone", () => expect(keepName(BEGUN)).toBe("omefree-2026-11-29-1430.txt"));
});
