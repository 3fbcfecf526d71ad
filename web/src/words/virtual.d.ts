/** Made by web/build/words.ts from src/omefree/words/. */
declare module "virtual:words" {
  import type { Texts } from "./text.ts";

  /** The tags of all languages; the first is spoken where no other is understood. */
  export const languages: readonly string[];
  export const fallback: Texts;
  /** The other languages' files, by tag. */
  export const files: Readonly<Record<string, { readonly url: string; readonly integrity: string }>>;
}
