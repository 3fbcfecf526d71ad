import { describe, expect, it } from "vitest";

import { decodeEnvelope, encodeEnvelope, TEXT_MAX_CHARS, type Envelope } from "../src/channel/envelope.ts";

const ENVELOPES: readonly Envelope[] = [
  { kind: "text", body: { text: "salut \u{1F44B}\nça va ?" }, n: 0 },
  { kind: "description", body: { type: "offer", sdp: "v=0\r\n" }, n: 7 },
  { kind: "candidate", body: { candidate: "", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: null }, n: 8 },
  { kind: "media", body: { mic: true, cam: false }, n: 9 },
  { kind: "receipt", body: { message: 3, signal: 10, again: true }, n: null },
  { kind: "void", body: {}, n: 11 },
];

const wire = (value: unknown) => decodeEnvelope(JSON.stringify(value));

describe("an envelope", () => {
  it.each(ENVELOPES)("of kind $kind comes back as it went", (envelope) => {
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  it("drops fields that it does not know", () => {
    expect(wire({ v: 1, n: 0, kind: "text", body: { text: "a", html: "<b>" }, extra: 1 })).toEqual({
      kind: "text",
      body: { text: "a" },
      n: 0,
    });
  });
});

describe("what a stranger can send", () => {
  it.each(["", "{", "null", "[]", '"text"', "1", '{"v":1}', '{"v":2,"n":0,"kind":"text","body":{"text":"a"}}'])("%j is nothing", (data) => {
    expect(decodeEnvelope(data)).toBeNull();
  });

  it.each([-1, 1.5, "0", 2 ** 60, {}])("%j is no number of an item", (n) => {
    expect(wire({ v: 1, n, kind: "text", body: { text: "a" } })).toBeNull();
  });

  it.each([
    { kind: "news", body: {} },
    { kind: "__proto__", body: {} },
    { kind: "toString", body: {} },
    { kind: "text", body: { text: 1 } },
    { kind: "text", body: { text: "  " } },
    { kind: "text", body: { text: "x".repeat(TEXT_MAX_CHARS + 1) } },
    { kind: "text", body: null },
    { kind: "description", body: { type: "rollback", sdp: "" } },
    { kind: "description", body: { type: "offer", sdp: "x".repeat(50_000) } },
    { kind: "candidate", body: { candidate: "x".repeat(513) } },
    { kind: "candidate", body: { candidate: "a", sdpMLineIndex: -1 } },
    { kind: "media", body: { mic: 1, cam: 0 } },
  ])("%j keeps its number and says nothing", ({ kind, body }) => {
    expect(wire({ v: 1, n: 4, kind, body })).toEqual({ kind: "void", body: {}, n: 4 });
  });

  it("is nothing if it is broken and has no number", () => {
    expect(wire({ v: 1, kind: "receipt", body: { message: -1, signal: 0, again: false } })).toBeNull();
  });
});
