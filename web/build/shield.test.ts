// What the build takes from npm's nsfwjs is data, and the data that was measured.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { graphIn, weightsIn } from "./shield.ts";

const MODEL = join(import.meta.dirname, "../node_modules/nsfwjs/dist/models/mobilenet_v2_mid");
const SHARDS = ["group1-shard1of2.min.js", "group1-shard2of2.min.js"].map((name) => readFileSync(join(MODEL, name), "utf8"));

function script(literal: string): string {
  return `!function(t){}(1)},l,l.exports}({1:[function(e,t,a){t.exports=${literal}},{}]},{},[1])(1)});`;
}

describe("the weights", () => {
  it("are the pinned ones", () => expect(weightsIn(SHARDS).length).toBe(4_300_775));
  it.each([
    ["one shard", SHARDS.slice(0, 1)],
    ["the wrong order", SHARDS.toReversed()],
    ["one letter", SHARDS.map((shard, n) => (n === 1 ? shard.replace('exports="', 'exports="A') : shard))],
    ["none", [""]],
  ])("of %s are refused", (_what, shards) => expect(() => weightsIn(shards)).toThrow(/SHA-256/));
});

describe("the graph", () => {
  it("is read as it is written, numbers too", () => {
    expect(graphIn(script('{a:[.5,-.25,1.5,-2,5e-7,.5e-3,10],b:!0,c:!1,d:null,e_1:"x:.5,!0\\"y"}'))).toEqual({
      a: [0.5, -0.25, 1.5, -2, 5e-7, 0.5e-3, 10], b: true, c: false, d: null, e_1: 'x:.5,!0"y',
    });
  });

  it("is never run", () => {
    expect(() => graphIn(script("{a:alert(1)}"))).toThrow(SyntaxError);
    expect(() => graphIn("t.exports=1")).toThrow(SyntaxError);
  });

  it("of the package has a scale for every weight", () => {
    const { weightsManifest } = graphIn(readFileSync(join(MODEL, "model.min.js"), "utf8"));
    expect(weightsManifest[0].weights.length).toBe(108);
  });
});
