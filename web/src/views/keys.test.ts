// Which keys act.

import { describe, expect, it } from "vitest";

import { actOf, type Key } from "./keys.ts";

const press = (key: string, more: Partial<Key> = {}): Key => ({ key, keyCode: 0, repeat: false, isComposing: false, ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false, ...more });

describe("a key", () => {
  it.each([["m", "mic"], ["M", "mic"], ["v", "cam"], ["n", "next"], ["r", "report"], ["?", "help"], ["Escape", "escape"], ["x", null], ["Enter", null], [" ", null], ["toString", null]] as const)("%s does what the list says", (key, act) => {
    expect(actOf(press(key), false, true)).toBe(act);
  });

  it.each(["m", "v", "n", "r", "?"])("%s does nothing where it is written, nor if single keys are switched off", (key) => {
    expect([actOf(press(key), true, true), actOf(press(key), false, false)]).toEqual([null, null]);
  });

  it("Esc acts there all the same", () => expect([actOf(press("Escape"), true, true), actOf(press("Escape"), false, false)]).toEqual(["escape", "escape"]));

  it.each([{ isComposing: true }, { keyCode: 229 }, { repeat: true }, { ctrlKey: true }, { metaKey: true }, { altKey: true }, { defaultPrevented: true }])("of something else (%o) does nothing", (more) => {
    for (const key of ["Escape", "m", "n", "?"]) expect(actOf(press(key, more), false, true)).toBeNull();
  });
});
