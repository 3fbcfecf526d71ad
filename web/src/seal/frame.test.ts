// Frames, whole and malformed.

import { describe, expect, it } from "vitest";

import { fromBase64url, SealError, toBase64url } from "./bytes.ts";
import { decodeFrame, encodeFrame, sealedLength, type Frame } from "./frame.ts";

const BODY = new Uint8Array([1, 2, 3]);
const FRAMES: readonly Frame[] = [
  { kind: "hello", n: 0, body: BODY },
  { kind: "message", n: 1, body: BODY },
  { kind: "signal", n: 2 ** 32, body: BODY },
  { kind: "receipt", n: Number.MAX_SAFE_INTEGER, body: new Uint8Array() },
];
const WHOLE = [1, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3, 1, 2, 3];
const wire = (values: readonly number[]) => toBase64url(new Uint8Array(values));

describe("a frame", () => {
  it.each(FRAMES)("of kind $kind and number $n comes back as it went", (frame) => {
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
  });

  it("is version, kind, number, length, body", () => {
    expect([...fromBase64url(encodeFrame({ kind: "signal", n: 5, body: BODY }))]).toEqual(WHOLE);
  });

  it("of a content has the length that was told before it was sealed", () => {
    for (const length of [0, 1, 2, 3, 12_008]) {
      const sealed = encodeFrame({ kind: "message", n: 0, body: new Uint8Array(length + 16) });
      expect(sealed.length).toBe(sealedLength(length));
    }
  });

  it("with a number beyond counting is merely far away", () => {
    expect(decodeFrame(wire([1, 2, ...Array<number>(8).fill(255), 0, 0])).n).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("what is no frame", () => {
  it.each(Array.from({ length: WHOLE.length }, (_, length) => length))("cut to %i bytes", (length) => {
    expect(() => decodeFrame(wire(WHOLE.slice(0, length)))).toThrow(SealError);
  });

  it.each([
    ["of another version", [2, ...WHOLE.slice(1)]],
    ["of an unknown kind", [1, 4, ...WHOLE.slice(2)]],
    ["with something after it", [...WHOLE, 0]],
    ["a hello with a number", [1, 0, ...WHOLE.slice(2)]],
  ])("%s", (_what, values) => expect(() => decodeFrame(wire(values))).toThrow(SealError));

  it.each(["", "{}", '["text"]', "hello"])("unsealed: %j", (data) => expect(() => decodeFrame(data)).toThrow(SealError));
});
