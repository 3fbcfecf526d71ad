// A language is one file and one line of the list: the page then offers it and has its words, with nothing else changed.

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { filesOf, moduleOf } from "./words.ts";

const FOLDER = join(import.meta.dirname, "../../src/omefree/words");

function withEsperanto(): string {
  const folder = mkdtempSync(join(tmpdir(), "words-"));
  const english = readFileSync(join(FOLDER, "en.toml"), "utf8");
  const listed = JSON.parse(readFileSync(join(FOLDER, "languages.json"), "utf8")) as string[];
  for (const tag of listed) writeFileSync(join(folder, `${tag}.toml`), readFileSync(join(FOLDER, `${tag}.toml`), "utf8"));
  writeFileSync(join(folder, "eo.toml"), english.replace('"nav.back" = "Back"', '"nav.back" = "Reen"'));
  writeFileSync(join(folder, "languages.json"), JSON.stringify([...listed, "eo"]));
  return folder;
}

async function imported(code: string) {
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    languages: string[];
    files: Record<string, { url: string; integrity: string }>;
  };
}

describe("the words of the page", () => {
  it("are a file for each language, of the page's own parts alone", async () => {
    const { languages, files } = await imported(moduleOf(filesOf(FOLDER)));
    expect(languages[0]).toBe("en");
    expect(Object.keys(files)).toEqual(languages);
    for (const { source } of filesOf(FOLDER)) expect(Object.keys(JSON.parse(source) as object)).toEqual(["page", "emoji"]);
  });

  it("offer a language that is one file and one line", async () => {
    const files = filesOf(withEsperanto());
    const made = await imported(moduleOf(files));
    expect(made.languages).toContain("eo");
    expect(made.files["eo"]?.url).toMatch(/^assets\/eo-[\w-]{8}\.json$/);
    const source = files.find(({ tag }) => tag === "eo")?.source ?? "{}";
    expect((JSON.parse(source) as { page: Record<string, string> }).page["nav.back"]).toBe("Reen");
  });

  it("are named by their content, so that they can be kept for ever", () => {
    const [, before] = filesOf(FOLDER);
    const [, after] = filesOf(withEsperanto());
    expect(after).toEqual(before);
  });
});
