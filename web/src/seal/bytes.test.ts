// Length-prefixed fields and base64url.

import { describe, expect, it } from "vitest";

import { fieldsOf, fromBase64url, fromUtf8, lp, SealError, toBase64url, utf8 } from "./bytes.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

describe("length-prefixed fields", () => {
  it("come back as they went", () => {
    const fields = [bytes(), bytes(1), new Uint8Array(300).fill(7)];
    expect(fieldsOf(lp(...fields), 3)).toEqual(fields);
  });

  it("have their length in two bytes, the high one first", () => {
    expect(lp(bytes(9))).toEqual(bytes(0, 1, 9));
    expect(lp(new Uint8Array(258)).slice(0, 2)).toEqual(bytes(1, 2));
  });

  it.each([
    ["cut in the length", bytes(0)],
    ["cut in the field", bytes(0, 2, 1)],
    ["with something after them", bytes(0, 1, 9, 0)],
    ["of one too many", bytes(0, 1, 9, 0, 0)],
  ])("%s are refused", (_what, found) => expect(() => fieldsOf(found, 1)).toThrow(SealError));

  it("over 65,535 bytes are a bug of ours", () => expect(() => lp(new Uint8Array(65_536))).toThrow(RangeError));
});

describe("base64url", () => {
  it.each([0, 1, 2, 3, 4, 255, 1000])("of %i bytes comes back as it went", (length) => {
    const some = Uint8Array.from({ length }, (_, at) => (at * 37) & 0xff);
    expect(toBase64url(some)).not.toMatch(/[^A-Za-z0-9_-]/);
    expect(fromBase64url(toBase64url(some))).toEqual(some);
  });

  it.each(["A", "AB=", "A+AA", "A/AA", "é", " AAA", "AAA\n", "AB", "AAB"])("%j is not the one way to write it", (text) => {
    expect(() => fromBase64url(text)).toThrow(SealError);
  });
});

describe("UTF-8", () => {
  it("keeps a byte order mark, as any other character", () => expect(fromUtf8(utf8("\ufeffa"))).toBe("\ufeffa"));
  it("that is broken is refused", () => expect(() => fromUtf8(bytes(0xc3, 0x28))).toThrow(SealError));
});
