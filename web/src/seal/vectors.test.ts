// Runs tests/vectors/seal.json, which python -m tests.vectors.make writes: both programs must agree on every byte.

import { describe, expect, it } from "vitest";

import vectors from "../../../tests/vectors/seal.json" with { type: "json" };
import { fieldsOf, SealError, type Bytes } from "./bytes.ts";
import { decodeContent, encodeContent, type Content } from "./content.ts";
import { decodeFrame, encodeFrame, eventOf, type Lane } from "./frame.ts";
import { agree, offerOf, type Keys, type Offer } from "./handshake.ts";

type Vector = (typeof vectors.chats)[number];
type Role = "impolite" | "polite";

const ROLES: readonly Role[] = ["impolite", "polite"];
const other = (role: Role): Role => (role === "polite" ? "impolite" : "polite");
const fromHex = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const toHex = (bytes: Bytes): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function offerIn(vector: Vector, role: Role): Promise<Offer> {
  const { jwk, hello } = vector[role];
  const secret = await crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const [, point = new Uint8Array(), nonce = new Uint8Array()] = fieldsOf(fromHex(hello), 3);
  return offerOf(secret, point, nonce);
}

async function keysOf(vector: Vector, role: Role): Promise<Keys> {
  const { commit, hello } = vector[other(role)];
  return agree(await offerIn(vector, role), commit, fromHex(hello), { chat: vector.chat, polite: role === "polite" });
}

describe.each(vectors.chats)("the chat $chat", (vector) => {
  it.each(ROLES)("has the hello and the commitment of the %s", async (role) => {
    const { commit, hello } = await offerIn(vector, role);
    expect([commit, toHex(hello)]).toEqual([vector[role].commit, vector[role].hello]);
    expect(encodeFrame({ kind: "hello", n: 0, body: hello })).toBe(vector[role].frame);
  });

  it.each(ROLES)("has the emoji of the %s", async (role) => {
    expect((await keysOf(vector, role)).emoji).toEqual(vector.emoji);
  });

  it("seals each frame to the byte, and opens it", async () => {
    const keys = { impolite: await keysOf(vector, "impolite"), polite: await keysOf(vector, "polite") };
    for (const { from, lane, n, content, frame, name } of vector.frames) {
      const bytes = fromHex(content);
      const role = from as Role;
      const sealed = await keys[role].seal(lane as Lane, n, bytes);
      expect(encodeFrame({ kind: lane as Lane, n, body: sealed })).toBe(frame);
      const { body } = decodeFrame(frame);
      const opened = await keys[other(role)].open(lane as Lane, n, body);
      expect(opened).toEqual(bytes);
      const found = decodeContent(opened);
      expect(found?.name).toBe(name);
      expect(encodeContent(found as Content)).toEqual(bytes);
    }
  });
});

describe("malformed", () => {
  it.each(vectors.malformed.frames)("frames are refused: $reason", ({ event, data }) => {
    const read = () => {
      const { kind } = decodeFrame(data);
      if (eventOf(kind) !== event) throw new SealError("of another event");
    };
    expect(read).toThrow(SealError);
  });

  it.each(vectors.malformed.hellos)("hellos are refused: $reason", async ({ hello, commit }) => {
    const offer = await offerIn(vectors.chats[0] as Vector, "impolite");
    await expect(agree(offer, commit, fromHex(hello), { chat: "c", polite: false })).rejects.toThrow(SealError);
  });
});

describe("a sealed body", () => {
  it.each(vectors.malformed.bodies)("is not opened: $reason", async ({ frame }) => {
    const keys = await keysOf(vectors.chats[0] as Vector, "polite");
    const { kind, n, body } = decodeFrame(frame);
    await expect(keys.open(kind as Lane, n, body)).rejects.toThrow(SealError);
  });
});

describe("contents", () => {
  it.each(vectors.contents)("are judged alike: $about", ({ content, fits }) => {
    expect(decodeContent(fromHex(content)) !== null).toBe(fits);
  });
});
