// The handshake between two sides, with the real WebCrypto.

import { describe, expect, it } from "vitest";

import { lp, SealError, utf8, type Bytes } from "./bytes.ts";
import { agree, makeOffer, offerOf, type Keys, type Offer } from "./handshake.ts";

const LANES = ["message", "signal", "receipt"] as const;
const WORDS = utf8("hello");

async function meet(chat = "chat", polite: readonly [boolean, boolean] = [false, true]): Promise<[Keys, Keys]> {
  const [one, two] = [await makeOffer(), await makeOffer()];
  return Promise.all([
    agree(one, two.commit, two.hello, { chat, polite: polite[0] }),
    agree(two, one.commit, one.hello, { chat, polite: polite[1] }),
  ]);
}

describe("two who agree", () => {
  it("open what the other sealed, and see the same emoji", async () => {
    const [one, two] = await meet();
    for (const lane of LANES) {
      expect(await two.open(lane, 7, await one.seal(lane, 7, WORDS))).toEqual(WORDS);
      expect(await one.open(lane, 7, await two.seal(lane, 7, WORDS))).toEqual(WORDS);
    }
    expect(one.emoji).toEqual(two.emoji);
    expect(one.emoji).toHaveLength(4);
    expect(one.emoji.every((number) => number >= 0 && number < 64)).toBe(true);
  });

  it("open nothing under another number, lane or chat, and nothing of their own", async () => {
    const [one, two] = await meet();
    const [, other] = await meet("other");
    const body = await one.seal("message", 0, WORDS);
    await expect(two.open("message", 1, body)).rejects.toThrow(SealError);
    await expect(two.open("signal", 0, body)).rejects.toThrow(SealError);
    await expect(one.open("message", 0, body)).rejects.toThrow(SealError);
    await expect(other.open("message", 0, body)).rejects.toThrow(SealError);
  });

  it("open nothing of which a bit has changed, or the end is missing", async () => {
    const [one, two] = await meet();
    const body = await one.seal("message", 0, WORDS);
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = body.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(two.open("message", 0, changed)).rejects.toThrow(SealError);
    }
    for (let length = 0; length < body.length; length++) {
      await expect(two.open("message", 0, body.slice(0, length))).rejects.toThrow(SealError);
    }
  });

  it.each([[[true, true]], [[false, false]]] as const)("do not, if both were told the same role %j", async (polite) => {
    const [one, two] = await meet("chat", polite);
    await expect(two.open("signal", 0, await one.seal("signal", 0, WORDS))).rejects.toThrow(SealError);
  });
});

describe("a relay in the middle", () => {
  it("that swaps the keys shows each side other emoji, 200 times of 200", async () => {
    let same = 0;
    for (let each = 0; each < 200; each++) {
      const [ana, ben, eve, mallory] = await Promise.all([makeOffer(), makeOffer(), makeOffer(), makeOffer()]);
      const [toAna, toBen] = await Promise.all([
        agree(ana, mallory.commit, mallory.hello, { chat: "c", polite: false }),
        agree(ben, eve.commit, eve.hello, { chat: "c", polite: true }),
      ]);
      if (toAna.emoji.join() === toBen.emoji.join()) same++;
    }
    expect(same).toBe(0); // one is the same by chance once in 84,000 runs of this test
  });
});

describe("a hello", () => {
  const side = { chat: "chat", polite: true };

  async function committed(hello: Bytes): Promise<readonly [string, Bytes]> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hello));
    return [btoa(String.fromCharCode(...digest)).replaceAll("+", "-").replaceAll("/", "_").replace("=", ""), hello];
  }

  it("other than the one committed to is refused", async () => {
    const [ours, theirs, other] = await Promise.all([makeOffer(), makeOffer(), makeOffer()]);
    await expect(agree(ours, theirs.commit, other.hello, side)).rejects.toThrow(SealError);
  });

  it("of our own is refused", async () => {
    const ours = await makeOffer();
    await expect(agree(ours, ours.commit, ours.hello, side)).rejects.toThrow(SealError);
  });

  it.each([
    ["of another suite", lp(utf8("omefree-seal/2"), new Uint8Array(65), new Uint8Array(32))],
    ["with a short nonce", lp(utf8("omefree-seal/1"), new Uint8Array(65), new Uint8Array(31))],
    ["with a compressed point", lp(utf8("omefree-seal/1"), new Uint8Array(33).fill(2), new Uint8Array(32))],
    ["with the point at infinity", lp(utf8("omefree-seal/1"), new Uint8Array(65), new Uint8Array(32))],
    ["with a point off the curve", lp(utf8("omefree-seal/1"), new Uint8Array(65).fill(4), new Uint8Array(32))],
    ["with a field more", lp(utf8("omefree-seal/1"), new Uint8Array(65), new Uint8Array(32), new Uint8Array())],
    ["of nothing", new Uint8Array()],
  ])("%s is refused, committed to or not", async (_what, hello) => {
    await expect(agree(await makeOffer(), ...(await committed(hello)), side)).rejects.toThrow(SealError);
  });

  it("is made of the point and the nonce given", async () => {
    const { secret } = await makeOffer();
    const made: Offer = await offerOf(secret, new Uint8Array(65), new Uint8Array(32));
    expect(made.hello).toEqual(lp(utf8("omefree-seal/1"), new Uint8Array(65), new Uint8Array(32)));
  });
});
