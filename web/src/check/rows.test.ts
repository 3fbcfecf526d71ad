// What /check makes of its results.

import { describe, expect, it } from "vitest";

import { browserOf, hiding, mailOf, type Row, type Rows, untested } from "./rows.ts";

const GOOD: Row = { outcome: "good", why: "good" };
const BAD: Row = { outcome: "bad", why: "bad" };
const NONE: Row = { outcome: "none", why: "none" };
const rows = (part: Partial<Rows>): Rows => ({ ...untested(), browser: GOOD, ...part });

describe("hiding an address", () => {
  it.each([
    ["is possible if any way of the relay works", { turn: BAD, turn_tcp: GOOD, turn_tls: NONE }, GOOD],
    ["is not if none that is offered works", { turn: BAD, turn_tcp: BAD, turn_tls: NONE }, BAD],
    ["is not offered without a relay", { turn: NONE, turn_tcp: NONE, turn_tls: NONE }, NONE],
    ["is not known while a way is tested", { turn: BAD, turn_tcp: { outcome: "running", why: null }, turn_tls: NONE }, null],
    ["needs WebRTC", { browser: { outcome: "bad", why: "nocalls" } }, { outcome: "none", why: "nocalls" }],
  ] as const)("%s", (_what, part, expected) => expect(hiding(rows(part))).toEqual(expected));
});

describe("the text for a mail", () => {
  it("has results, versions and the browser's name, and nothing else", () => {
    const text = mailOf({ server: "omefree/1.2", browser: "Firefox 153", lang: "fr", secure: true }, rows({ camera: { outcome: "bad", why: "denied" } }));
    expect(text.split("\n")).toEqual([
      "OmeFree /check",
      "server: omefree/1.2",
      "browser: Firefox 153",
      "language: fr",
      "https: yes",
      "browser: good",
      "websocket: waiting",
      "polling: waiting",
      "stun: waiting",
      "turn: waiting",
      "turn_tcp: waiting",
      "turn_tls: waiting",
      "hide: waiting",
      "camera: bad (denied)",
      "microphone: waiting",
      "speaker: waiting",
    ]);
  });
});

describe("the browser's name", () => {
  const MOZILLA = "Mozilla/5.0 (X11; Linux x86_64)";
  it.each([
    [`${MOZILLA} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`, "Chrome 156"],
    [`${MOZILLA} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`, "Edge 156"],
    [`${MOZILLA} AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36`, "Chrome 156"],
    [`${MOZILLA} Gecko/20100101 Firefox/153.0`, "Firefox 153"],
    [`${MOZILLA} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15`, "Safari 26"],
    ["Lynx/2.9", "another"],
  ])("of %s", (userAgent, name) => expect(browserOf(userAgent)).toBe(name));
});
