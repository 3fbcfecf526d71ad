// Contents: those that come back as they went, and those that are ignored.

import { describe, expect, it } from "vitest";

import { lp, utf8 } from "./bytes.ts";
import { decodeContent, encodeContent, TEXT_MAX_BYTES, type Content } from "./content.ts";

const COMMIT = "A".repeat(43);
const CONTENTS: readonly Content[] = [
  { name: "text", value: "salut \u{1F44B}\nça va ?" },
  { name: "ready", value: { commit: COMMIT } },
  { name: "ready", value: { commit: null } },
  { name: "description", value: { type: "offer", sdp: "v=0\r\n" } },
  { name: "candidate", value: { candidate: "", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: null } },
  { name: "media", value: { mic: true, cam: false } },
  ...([0, 1, 2] as const).map((open) => ({ name: "step", value: { open } }) as const),
  { name: "receipt", value: { message: 3, signal: 10, again: true } },
];

const wire = (name: string, value: unknown) => decodeContent(lp(utf8(name), utf8(typeof value === "string" ? value : JSON.stringify(value))));

describe("a content", () => {
  it.each(CONTENTS)("$name comes back as it went", (content) => {
    expect(decodeContent(encodeContent(content))).toEqual(content);
  });

  it("drops fields that it does not know", () => {
    expect(wire("media", { mic: true, cam: true, html: "<b>" })).toEqual({ name: "media", value: { mic: true, cam: true } });
  });

  it("may be a text of 12,000 bytes", () => {
    expect(wire("text", "é".repeat(TEXT_MAX_BYTES / 2))?.name).toBe("text");
    expect(wire("text", `${"é".repeat(TEXT_MAX_BYTES / 2)}a`)).toBeNull();
  });
});

describe("what a stranger can seal", () => {
  it.each([
    ["news", {}],
    ["__proto__", {}],
    ["toString", {}],
    ["text", ""],
    ["ready", {}],
    ["ready", { commit: "short" }],
    ["description", { type: "rollback", sdp: "" }],
    ["description", { type: "offer", sdp: "x".repeat(50_000) }],
    ["candidate", { candidate: "x".repeat(513) }],
    ["candidate", { candidate: "a", sdpMLineIndex: -1 }],
    ["media", { mic: 1, cam: 0 }],
    ["media", []],
    ["step", { open: 3 }],
    ["step", { open: -1 }],
    ["step", { open: 1.5 }],
    ["step", { open: "2" }],
    ["step", { open: null }],
    ["step", { open: true }],
    ["step", { open: [1] }],
    ["step", {}],
    ["step", "2"],
    ["media", "null"],
    ["media", "{"],
    ["receipt", { message: -1, signal: 0, again: false }],
    ["receipt", { message: 2 ** 60, signal: 0, again: false }],
  ])("%s %j says nothing", (name, value) => expect(wire(name, value)).toBeNull());

  it.each([[[]], [[0]], [[0, 1, 65]], [[0, 4, 116, 101, 120, 116, 0, 1, 0xff]]])("the bytes %j say nothing", (values) => {
    expect(decodeContent(new Uint8Array(values))).toBeNull();
  });
});
