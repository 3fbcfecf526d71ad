// Translations: asked for, agreed to, and what becomes of them, with a translator that tests drive.

import { beforeEach, describe, expect, it, vi } from "vitest";

import { PlainBoard, told, welcome } from "../testing/board.ts";
import { BrowserTranslator } from "../translate/browser.ts";
import type { Outcome, TranslationPort } from "../translate/terms.ts";
import { TranslationController } from "./translation.ts";

let board: PlainBoard;
let port: { able: TranslationPort["able"]; translate: ReturnType<typeof vi.fn<TranslationPort["translate"]>> };
let translation: TranslationController;

function meet(chat: string): void {
  board.dispatch({ type: "search", mode: "text", anyone: false });
  board.dispatch({ type: "matched", args: told(chat, null) });
  board.dispatch({ type: "text", chat, n: 0, text: "hola" });
}

beforeEach(async () => {
  board = new PlainBoard();
  const done: Outcome = { state: "done", text: "hello", from: "es" };
  port = { able: () => Promise.resolve(true), translate: vi.fn<TranslationPort["translate"]>(() => Promise.resolve(done)) };
  translation = new TranslationController(board, port);
  await translation.look();
  board.dispatch({ type: "welcome", args: welcome() });
  meet("a");
});

const texts = () => board.state.translations.texts;

describe("a translation", () => {
  it("waits for a yes, and only the first of the page", async () => {
    await translation.translate("theirs-0", "en");
    expect([port.translate.mock.calls.length, board.state.translations.asked]).toEqual([0, "theirs-0"]);
    await translation.answer(true);
    expect(texts()).toEqual({ "theirs-0": { state: "done", text: "hello", from: "es", original: false } });
    meet("b");
    await translation.translate("theirs-0", "en");
    expect(port.translate).toHaveBeenCalledTimes(2);
  });

  it("is not made after a no, which is asked again", async () => {
    await translation.translate("theirs-0", "en");
    await translation.answer(false);
    expect(port.translate).not.toHaveBeenCalled();
    await translation.translate("theirs-0", "en");
    expect(board.state.translations.asked).toBe("theirs-0");
  });

  it("is never made of what is folded, or of what we wrote", async () => {
    board.dispatch({ type: "write", chat: "a", n: 0, text: "hola" });
    board.dispatch({ type: "text", chat: "a", n: 1, text: "https://example.com", folds: true });
    for (const id of ["mine-0", "theirs-1", "theirs-9"]) await translation.translate(id, "en");
    expect(board.state.translations.asked).toBeNull();
  });

  it("that comes after its chat has gone is dropped", async () => {
    let give: (outcome: Outcome) => void = () => undefined;
    port.translate.mockImplementation(() => new Promise((done) => (give = done)));
    await translation.translate("theirs-0", "en");
    const answer = translation.answer(true);
    meet("b");
    give({ state: "done", text: "of the other chat", from: "es" });
    await answer;
    expect(JSON.stringify(texts())).not.toContain("of the other chat");
  });

  it("is gone with its chat", async () => {
    await translation.translate("theirs-0", "en");
    await translation.answer(true);
    board.dispatch({ type: "panic" });
    expect([texts(), board.state.translations.chat]).toEqual([{}, null]);
  });

  it("can be seen as it was written, and back", async () => {
    await translation.translate("theirs-0", "en");
    await translation.answer(true);
    translation.showOriginal("theirs-0", true);
    expect(texts()["theirs-0"]).toMatchObject({ original: true });
    translation.showOriginal("theirs-0", false);
    expect(texts()["theirs-0"]).toMatchObject({ original: false });
  });
});

describe("the browser's translator", () => {
  const detector = (detectedLanguage: string, confidence = 0.9) => ({
    availability: () => Promise.resolve("available" as const),
    create: () => Promise.resolve({ detect: () => Promise.resolve([{ detectedLanguage, confidence }]), destroy: () => undefined }),
  });
  const translator = (create = () => Promise.resolve({ translate: (text: string) => Promise.resolve(`${text}!`), destroy: vi.fn() })) => ({
    availability: () => Promise.resolve("available" as const),
    create: vi.fn(create),
  });
  const ask = (made: BrowserTranslator) => made.translate("hola", "en-GB", () => undefined);

  it("is there only if the browser has all of it", async () => {
    expect(await new BrowserTranslator({}).able()).toBe(false);
    expect(await new BrowserTranslator({ Translator: translator() }).able()).toBe(false);
    expect(await new BrowserTranslator({ Translator: translator(), LanguageDetector: detector("es") }).able()).toBe(true);
    const without = { ...detector("es"), availability: () => Promise.resolve("unavailable" as const) };
    expect(await new BrowserTranslator({ Translator: translator(), LanguageDetector: without }).able()).toBe(false);
  });

  it("keeps one pair of languages ready", async () => {
    const Translator = translator();
    const made = new BrowserTranslator({ Translator, LanguageDetector: detector("es") });
    expect([await ask(made), await ask(made)]).toEqual(Array(2).fill({ state: "done", text: "hola!", from: "es" }));
    expect(Translator.create).toHaveBeenCalledTimes(1);
    expect(Translator.create).toHaveBeenCalledWith(expect.objectContaining({ sourceLanguage: "es", targetLanguage: "en" }));
  });

  it.each([
    ["the same language", "en-US", 0.9, "same"],
    ["no language", "und", 0.9, "failed"],
    ["one that is hardly sure", "es", 0.1, "failed"],
  ])("does nothing with %s", async (_, tag, confidence, state) => {
    expect(await ask(new BrowserTranslator({ Translator: translator(), LanguageDetector: detector(tag, confidence) }))).toEqual({ state });
  });

  it("says when the browser wants another click, and when it cannot", async () => {
    const failing = (error: Error) => new BrowserTranslator({ Translator: translator(() => Promise.reject(error)), LanguageDetector: detector("es") });
    expect(await ask(failing(new DOMException("", "NotAllowedError")))).toEqual({ state: "again" });
    expect(await ask(failing(new DOMException("", "NotSupportedError")))).toEqual({ state: "failed" });
  });
});
