// What is kept of the choice of devices, and which browser this is.

import { describe, expect, it } from "vitest";

import { browserOf } from "./browser.ts";
import { choiceOf, keptChoice, NO_CHOICE } from "./gear.ts";

describe("a choice of devices", () => {
  it("comes back as it was kept", () => {
    const choice = { mic: "m", cam: null, speaker: "s" };
    expect(choiceOf(keptChoice(choice))).toEqual(choice);
  });

  it("of nothing is not kept", () => expect(keptChoice(NO_CHOICE)).toBeNull());

  it.each([null, "", "no JSON", "null", "[]", '"m"', "7", '{"mic":7,"cam":{"exact":"x"},"speaker":""}', `{"mic":"${"x".repeat(257)}"}`, '{"__proto__":{"mic":"m"},"other":"x"}'])(
    "that is none is ignored: %s",
    (kept) => expect(choiceOf(kept)).toEqual(NO_CHOICE),
  );
});

describe("the browser", () => {
  it.each([
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", 0, "chromium"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 0, "firefox"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15", 0, "safari"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15", 5, "ios"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1", 5, "ios"],
    ["Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", 5, "android"],
    ["Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", 5, "androidFirefox"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 300.0", 5, "app"],
    ["Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36", 5, "app"],
  ] as const)("%s with %d touch points is %s", (agent, touchPoints, browser) => expect(browserOf(agent, touchPoints)).toBe(browser));
});
