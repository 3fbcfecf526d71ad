// Translates texts of the stranger's, each on a click, by the browser's own translator.

import type { Translating } from "../state/actions.ts";
import type { TranslationPort } from "../translate/terms.ts";
import type { Board } from "./ports.ts";

/** Owns what is asked of the translator. */
export class TranslationController implements Translating {
  private looked = false;
  private wanted: { readonly id: string; readonly to: string } | null = null;

  constructor(
    private readonly board: Board,
    private readonly port: TranslationPort,
  ) {}

  /** Once there is something to translate. Before, nobody asks: Chromium says on the console what it has not. */
  async look(): Promise<void> {
    if (this.looked) return;
    this.looked = true;
    this.board.dispatch({ type: "translator", able: await this.port.able() });
  }

  /** Translates the text of the current chat, or asks the visitor first. Resolves when that is done. */
  async translate(id: string, to: string): Promise<void> {
    const { chat } = this.board.state;
    const text = chat?.texts.find((each) => each.id === id);
    if (chat === null || text === undefined || text.mine || text.folded) return;
    const { translations } = this.board.dispatch({ type: "translate", chat: chat.id, id });
    this.wanted = translations.asked === id ? { id, to } : null;
    if (translations.texts[id]?.state === "working") await this.carryOut(chat.id, id, text.text, to);
  }

  /** The visitor's answer: with a yes, the text that waits is translated. */
  async answer(yes: boolean): Promise<void> {
    const { wanted } = this;
    this.wanted = null;
    this.board.dispatch({ type: "translate_answer", yes });
    if (yes && wanted !== null) await this.translate(wanted.id, wanted.to);
  }

  showOriginal(id: string, original: boolean): void {
    this.board.dispatch({ type: "original", id, original });
  }

  private async carryOut(chat: string, id: string, text: string, to: string): Promise<void> {
    const tell = (state: "fetching") => void this.board.dispatch({ type: "translated", chat, id, translated: { state } });
    const outcome = await this.port.translate(text, to, () => tell("fetching"));
    const translated = outcome.state === "done" ? { ...outcome, original: false } : outcome;
    this.board.dispatch({ type: "translated", chat, id, translated });
  }
}
