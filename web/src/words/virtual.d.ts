/** The words that the build (web/build/words.ts) makes from src/omefree/words/. */
declare module "virtual:words" {
  import type { Texts } from "./text.ts";

  /** The tags of all languages; the first is the fallback. */
  export const languages: readonly string[];
  /** The words of the first language. */
  export const fallback: Texts;
  /** The other languages' files, by tag. */
  export const files: Readonly<Record<string, { readonly url: string; readonly integrity: string }>>;
}
