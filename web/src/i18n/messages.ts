import type { en, Message } from "./en.ts";

export type Key = keyof typeof en;
/** Every locale has every text, and plural forms where English has them. */
export type Messages = { readonly [K in Key]: (typeof en)[K] extends string ? string : Exclude<Message, string> };
export type Params = Readonly<Record<string, string | number>>;

const NARROW = "\u202f"; // a narrow no-break space
const NO_BREAK = "\u00a0";

/** French puts unbreakable spaces before high punctuation and inside its quotes. */
export function typesetFrench(text: string): string {
  return text
    .replace(/ ([?!;»])/g, `${NARROW}$1`)
    .replace(/« /g, `«${NARROW}`)
    .replace(/ :/g, `${NO_BREAK}:`)
    .replace(/(\d|\}) (s|ans)\b/g, `$1${NO_BREAK}$2`);
}

export function fill(text: string, params: Params, format: Intl.NumberFormat): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    return typeof value === "number" ? format.format(value) : (value ?? hole);
  });
}

/** The first of the visitor's languages that we speak. */
export function chooseLang<L extends string>(wanted: readonly string[], spoken: readonly L[], otherwise: L): L {
  for (const tag of wanted) {
    const lang = spoken.find((each) => tag.toLowerCase().split("-")[0] === each);
    if (lang !== undefined) return lang;
  }
  return otherwise;
}
