// The browser's own translator (Translator and LanguageDetector API, a draft of the W3C's web machine learning group;
// Chrome 138). The text stays on the device. What the browser may fetch, from its maker, is a model for a language.

import { legible } from "../text/display.ts";
import type { Outcome, TranslationPort } from "./terms.ts";

const SURE = 0.4; // of the language that a text is in; short texts are hard to tell. Arbitrary

type Availability = "unavailable" | "downloadable" | "downloading" | "available";

interface Options {
  readonly monitor: (monitor: EventTarget) => void;
}

interface Pair {
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
}

interface Maker<Made, Of extends object> {
  availability(of: Of): Promise<Availability>;
  create(options: Options & Of): Promise<Made>;
}

interface Detector {
  detect(text: string): Promise<readonly { readonly detectedLanguage: string; readonly confidence: number }[]>;
  destroy(): void;
}

interface Translator {
  translate(text: string): Promise<string>;
  destroy(): void;
}

interface Makers {
  readonly Translator?: Maker<Translator, Pair>;
  readonly LanguageDetector?: Maker<Detector, object>;
}

/** The browser's translator. It keeps the last pair of languages ready. */
export class BrowserTranslator implements TranslationPort {
  private detector: Detector | null = null;
  private ready: { readonly pair: string; readonly translator: Translator } | null = null;

  constructor(private readonly makers: Makers = globalThis as Makers) {}

  async able(): Promise<boolean> {
    const { Translator, LanguageDetector } = this.makers;
    if (Translator === undefined || LanguageDetector === undefined) return false;
    const detector = await LanguageDetector.availability({}).catch(() => "unavailable");
    return detector !== "unavailable";
  }

  async translate(written: string, to: string, fetching: () => void): Promise<Outcome> {
    try {
      const text = legible(written);
      const from = await this.languageOf(text, fetching);
      if (from === null) return { state: "failed" };
      if (primary(from) === primary(to)) return { state: "same" };
      const translator = await this.translatorOf(from, to, fetching);
      return { state: "done", text: await translator.translate(text), from };
    } catch (error) {
      // The click that the visitor made does not count any more: the fetch before took too long.
      return { state: error instanceof DOMException && error.name === "NotAllowedError" ? "again" : "failed" };
    }
  }

  private async languageOf(text: string, fetching: () => void): Promise<string | null> {
    this.detector ??= (await this.makers.LanguageDetector?.create(telling(fetching))) ?? null;
    const [best] = (await this.detector?.detect(text)) ?? [];
    return best === undefined || best.confidence < SURE || best.detectedLanguage === "und" ? null : best.detectedLanguage;
  }

  private async translatorOf(from: string, to: string, fetching: () => void): Promise<Translator> {
    const pair = `${from} ${to}`;
    if (this.ready?.pair === pair) return this.ready.translator;
    const translator = await this.makers.Translator?.create({ sourceLanguage: from, targetLanguage: primary(to), ...telling(fetching) });
    if (translator === undefined) throw new Error("no translator");
    this.ready?.translator.destroy();
    this.ready = { pair, translator };
    return translator;
  }
}

/** Chrome tells the progress 0 and 1 even when there is nothing to fetch. */
function telling(fetching: () => void): Options {
  return {
    monitor: (monitor) =>
      monitor.addEventListener("downloadprogress", (event) => {
        const { loaded } = event as ProgressEvent;
        if (loaded > 0 && loaded < 1) fetching();
      }),
  };
}

function primary(tag: string): string {
  return tag.split("-")[0] ?? tag;
}
