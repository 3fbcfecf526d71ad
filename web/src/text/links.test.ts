// The links in a text, for the buttons that copy them.

import { describe, expect, it } from "vitest";

import { linksOf, shortLink } from "./links.ts";

describe("the links of a text", () => {
  it.each([
    ["look at https://example.com/a?b=c#d.", "https://example.com/a?b=c#d"],
    ["(see http://example.com)", "http://example.com"],
    ["here:https://example.com", "https://example.com"],
    ["www.example.com!", "www.example.com"],
    ["« example.fr »", "example.fr"],
    ["bit.ly/abc", "bit.ly/abc"],
    ["write to anna.b@example.co.uk, please", "anna.b@example.co.uk"],
    ["HTTPS://EXAMPLE.COM", "HTTPS://EXAMPLE.COM"],
    ["https://exa\u200bmple\u202e.com", "https://example.com"],
  ])("%j has one", (text, link) => expect(linksOf(text)).toEqual([link]));

  it.each(["hello", "well...no", "e.g. this", "3.14", "a.b", "10.30 pm", "file.txt", "@anna", "http://", "so.good", "1.2.3.4"])("%j has none", (text) => expect(linksOf(text)).toEqual([]));

  it("are each named once, and five at most", () => {
    expect(linksOf("a.com a.com b.com")).toEqual(["a.com", "b.com"]);
    expect(linksOf(Array.from({ length: 2_000 }, (_, n) => `a${n}.com`).join(" "))).toHaveLength(5);
  });

  it.each(["a".repeat(12_000), "a-".repeat(6_000), "a.".repeat(6_000), "@a.".repeat(4_000), "http://".repeat(1_700), "(".repeat(12_000), "a@".repeat(6_000), `a${".".repeat(11_999)}`])(
    "of 12,000 odd signs are found in the time of one reading",
    (text) => expect(linksOf(text.repeat(20)).length).toBeLessThanOrEqual(5),
  );

  it("fit on a button", () => {
    expect(shortLink("https://www.example.com/x")).toBe("example.com/x");
    expect([...shortLink(`https://${"a".repeat(90)}.com`)]).toHaveLength(28);
  });
});
