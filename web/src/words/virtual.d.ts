/** The words that the build (web/build/words.ts) makes from src/omefree/words/. */
declare module "virtual:words" {
  /** The tags of all languages; the first is the fallback. */
  export const languages: readonly string[];
  /** Their files, by tag. */
  export const files: Readonly<Record<string, { readonly url: string; readonly integrity: string }>>;
}
