import { describe, expect, it } from "vitest";

import { keptOf, SETTINGS, settingsOf } from "./settings.ts";

describe("the settings", () => {
  it("come back as they were kept", () => {
    const chosen = { ...SETTINGS, autoNext: true, sounds: false };
    expect(settingsOf(keptOf(chosen))).toEqual(chosen);
  });

  it("keep nothing while all is as usual", () => {
    expect(keptOf(SETTINGS)).toBeNull();
  });

  it("that protect the visitor begin anew with each page", () => {
    const chosen = { ...SETTINGS, shield: false, steps: false };
    expect(keptOf(chosen)).toBeNull();
    expect(settingsOf('{"shield":false,"steps":false}')).toEqual(SETTINGS);
  });

  it.each([null, "", "no JSON", "[]", "null", "7", '{"sounds":"no","autoNext":1,"unknown":true}'])("ignore %s", (kept) => {
    expect(settingsOf(kept)).toEqual(SETTINGS);
  });
});
