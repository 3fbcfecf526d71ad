// What the last strangers began with, so that the page can tell that another one begins with the same words. It lies in
// the memory of this tab alone, as hashes, and is gone with it.

const PARTNERS_MAX = 50; // beside the present one
const TEXTS_MAX = 3; // of one partner: advertising comes first
const CHARS_MIN = 20; // "hi, m or f?" is what everybody says
const CHARS_MAX = 500; // of a text that is compared by its parts; a longer one is the same or is not
const GRAM = 3;
// FNV-1a, 32 bits: its first value and its factor (RFC 9923). The second half begins elsewhere.
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** One text: a hash of 64 bits, and the hashes of its parts of three letters, sorted, each once. */
interface Trace {
  readonly hash: string;
  readonly grams: Uint32Array | null;
}

/** The first texts of the last partners. */
export class FirstWords {
  private partners: Trace[][] = [];

  /** A chat begins. `known`: its partner is the one of the chat before. */
  begin(known: boolean): void {
    if (known && this.partners.length > 0) return;
    this.partners = [...this.partners.slice(-PARTNERS_MAX), []];
  }

  /** Takes a text of the present partner's. Returns how much another partner's first words were like it, from 0 to 1. */
  hear(text: string): number {
    const present = this.partners.at(-1);
    if (present === undefined || present.length >= TEXTS_MAX) return 0;
    const trace = traceOf(text);
    present.push(trace ?? SHORT);
    return trace === null ? 0 : Math.max(0, ...this.partners.slice(0, -1).flatMap((texts) => texts.map((other) => likeness(trace, other))));
  }
}

const SHORT: Trace = { hash: "", grams: null };

/** The text without what a program changes from one to the next: capitals, numbers, links, spaces. */
export function normal(text: string): string {
  const words = text.normalize("NFKC").toLowerCase().split(/\s+/);
  return words.map((word) => (/[.:]\/\/|^www\.|\w\.\w/.test(word) ? "L" : word.replace(/\d/g, "0"))).join(" ").trim();
}

function traceOf(text: string): Trace | null {
  const words = normal(text);
  if (words.length < CHARS_MIN) return null;
  const hash = `${fnv(words, BASIS)}:${fnv(words, BASIS ^ PRIME)}`;
  return { hash, grams: words.length <= CHARS_MAX ? gramsOf(words) : null };
}

function gramsOf(words: string): Uint32Array {
  const grams = new Set<number>();
  for (let at = 0; at + GRAM <= words.length; at++) grams.add(fnv(words.slice(at, at + GRAM), BASIS));
  return Uint32Array.from(grams).sort();
}

function fnv(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash >>> 0;
}

/** 1 for the same text, else the share of parts that both have (Jaccard). */
function likeness(one: Trace, other: Trace): number {
  if (one.hash === other.hash) return 1;
  if (one.grams === null || other.grams === null) return 0;
  const common = inBoth(one.grams, other.grams);
  return common / (one.grams.length + other.grams.length - common);
}

function inBoth(one: Uint32Array, other: Uint32Array): number {
  let [i, j, count] = [0, 0, 0];
  while (i < one.length && j < other.length) {
    const difference = (one[i] ?? 0) - (other[j] ?? 0);
    if (difference === 0) count++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return count;
}
