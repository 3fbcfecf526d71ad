// The file "what was written": one text that the page makes on the device. Nothing of it is sent anywhere.

import type { Chat, Text } from "../state/model.ts";
import { EMOJI } from "../seal/emoji.ts";
import { emojiName, list, t } from "../words/words.svelte.ts";

/** What goes into the file besides the chat. `host`: the server's name. `now`: milliseconds since the epoch. */
export interface Circumstances {
  readonly host: string;
  readonly server: string | null;
  readonly now: number;
}

const REVOKE_MS = 60_000; // a slow disk has read the text by then; arbitrary
/** Every line break that a program may show as one (Unicode, UAX 14: BK, CR, LF, NL). */
const BREAK = /\r\n|[\n\r\v\f\x85\u2028\u2029]/;
/** Signs without a shape, which can hide text or turn it round: controls, and format characters but the emoji's joiner. */
const SHAPELESS = /(?!\u200d)[\p{Cc}\p{Cf}]/gu;

/** A name that tells nothing but the time (UTC): omefree-2026-11-29-1430.txt. */
export function keepName(now: number): string {
  return `omefree-${utc(now).slice(0, 16).replace(" ", "-").replace(":", "")}.txt`;
}

/** The whole text, in the language of the page. */
export function keepText(chat: Chat, circumstances: Circumstances): string {
  const texts = chat.texts.length === 0 ? [t("keep.nothing")] : chat.texts.map(textLine);
  const dropped = chat.dropped === 0 ? [] : [t("keep.dropped", { n: chat.dropped })];
  return [t("keep.title"), ...facts(chat, circumstances), "", ...dropped, ...texts, "", t("keep.proof"), t("keep.without"), ""].join("\n");
}

/** Has the browser save the text as a file. */
export function save(chat: Chat, circumstances: Circumstances): void {
  const blob = new Blob([keepText(chat, circumstances)], { type: "text/plain;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = keepName(circumstances.now);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

function facts({ begunAt, endedAt, reported, common, emoji }: Chat, { host, server, now }: Circumstances): string[] {
  return [
    t("foot.version", { server: server === null ? host : `${host} (${server})` }),
    t("keep.begun", { time: `${utc(begunAt)} UTC` }),
    t(endedAt === null ? "keep.going" : "keep.ended", { time: `${utc(endedAt ?? now)} UTC` }),
    ...(reported === null ? [] : [t("keep.reported", { reason: t(`report.${reported}`) })]),
    ...(common.length === 0 ? [] : [t("keep.common", { interests: oneLine(list(common)) })]),
    ...(emoji.length === 0 ? [] : [t("keep.emoji", { emoji: emoji.map(sign).join(", ") })]),
  ];
}

function sign(number: number): string {
  const emoji = EMOJI[number] ?? "?";
  return `${emoji} ${emojiName(emoji)}`;
}

/** Further lines of a text are set off, so that no text can pass for a line of the other person. */
function textLine({ mine, at, text, state }: Text): string {
  const who = t(mine ? "chat.you" : "chat.stranger");
  const failed = typeof state === "object" || state === "waiting" ? ` (${t("text.failed")})` : "";
  const lines = text.split(BREAK).map(shapely);
  return `${utc(at).slice(11)} ${who}${failed}: ${lines.join("\n         | ")}`;
}

function oneLine(text: string): string {
  return text.split(BREAK).map(shapely).join(" ");
}

/** Signs without a shape are named by their number. */
function shapely(line: string): string {
  return line.replace(SHAPELESS, (sign) => `<U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`);
}

/** "2026-11-29 14:30:05". */
function utc(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}
