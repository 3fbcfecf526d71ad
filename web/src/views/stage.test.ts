import { describe, expect, it } from "vitest";

import { cornerAt, cornerToward, fitOf } from "./stage.svelte.ts";

describe("the small picture", () => {
  it("goes to the corner that an arrow points to, and no further", () => {
    expect(cornerToward("auto", "ArrowUp", false)).toBe("top-end");
    expect(cornerToward("top-end", "ArrowLeft", false)).toBe("top-start");
    expect(cornerToward("top-start", "ArrowLeft", false)).toBe("top-start");
    expect(cornerToward("top-start", "ArrowDown", false)).toBe("bottom-start");
  });

  it("goes to the side that one sees, where one reads from right to left", () => {
    expect(cornerToward("bottom-end", "ArrowRight", true)).toBe("bottom-start");
    expect(cornerAt(0.9, 0.1, true)).toBe("top-start");
  });

  it("snaps to the nearest corner", () => {
    expect([cornerAt(0.1, 0.2, false), cornerAt(0.9, 0.8, false)]).toEqual(["top-start", "bottom-end"]);
  });
});

describe("a picture", () => {
  const size = (width: number, height: number) => ({ width, height });

  it.each([
    ["a phone on a phone", size(480, 640), size(360, 470), "cover"],
    ["a tall phone on a phone", size(720, 1280), size(360, 470), "cover"],
    ["a laptop on a phone", size(640, 480), size(360, 470), "contain"],
    ["a phone on a laptop", size(480, 640), size(900, 760), "contain"],
    ["a laptop on a laptop", size(1280, 720), size(900, 640), "cover"],
    ["none yet", size(0, 0), size(360, 470), "contain"],
  ] as const)("of %s", (_name, picture, place, fit) => {
    expect(fitOf(picture, place)).toBe(fit);
  });
});
