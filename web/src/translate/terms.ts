// What the page wants of a translator.

/** What became of a text. `same`: it is in that language already. `again`: the browser wants another click of the visitor. */
export type Outcome =
  | { readonly state: "done"; readonly text: string; readonly from: string }
  | { readonly state: "same" | "failed" | "again" };

/** A translator that works on the device. */
export interface TranslationPort {
  /** Whether there is one. Asking fetches nothing. */
  able(): Promise<boolean>;
  /** Called after a click, since the browser may have to fetch a language first; `fetching` tells that it does. */
  translate(text: string, to: string, fetching: () => void): Promise<Outcome>;
}
