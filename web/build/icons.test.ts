import { describe, expect, it } from "vitest";

import { ICONS, type IconName } from "../src/views/icons.ts";
import { outlineOf, outlinesOf, pathOf } from "./icons.ts";

describe("a shape as a path", () => {
  it.each([
    ["a path", ["path", { d: "m1 2v3" }], "M0 0m1 2v3"],
    ["a line", ["line", { x1: "1", y1: "2", x2: "3", y2: "4" }], "M1 2L3 4"],
    ["a circle", ["circle", { cx: "12", cy: "12", r: "3" }], "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"],
    ["a rectangle", ["rect", { x: "3", y: "3", width: "18", height: "10", rx: "2" }], "M5 3h14a2 2 0 0 1 2 2v6a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-6a2 2 0 0 1 2 -2z"],
  ] as const)("%s", (_name, shape, path) => {
    expect(pathOf(shape)).toBe(path);
  });
});

describe("the icons", () => {
  it("all have an outline", () => {
    const outlines = Object.values(outlinesOf(Object.keys(ICONS) as IconName[]));
    expect(outlines.length).toBeGreaterThan(30);
    for (const outline of outlines) expect(outline).toMatch(/^[MmLlHhVvAaCcSsQqTtZz0-9 .,-]+$/);
  });

  it("of no such name stop the build", () => {
    expect(() => outlineOf("NoSuchIcon")).toThrow("NoSuchIcon");
  });
});
