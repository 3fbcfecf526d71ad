// Reactions: signs that float over the chat for some seconds (docs/blind-relay.md, `reaction`). Each side shows few of them
// at once, whatever the other one's program sends.

import type { TimedEvent } from "./events.ts";
import type { Chat, Reaction, State } from "./model.ts";

/** The signs by their number on the wire. New ones come last. */
export const REACTIONS = ["👋", "😄", "👍", "👏", "😮", "❤️"] as const;
export const REACTION_SHOWN_MS = 4_000; // as long as it floats (views/Reactions.svelte)
export const REACTIONS_PER_S = 2; // of each side; arbitrary

/** One of us reacts. Nothing happens if it is too often, too early, or nobody is there. */
export function onReact(state: State, { chat: id, mine, sign, at }: Extract<TimedEvent, { type: "react" }>): State {
  const { chat } = state;
  if (chat?.id !== id || chat.ended !== null || !(sign in REACTIONS)) return state;
  if (mine && (chat.seal === "sealing" || chat.awaySince !== null)) return state;
  const recent = chat.reactions.filter((each) => each.mine === mine && at - each.at < 1000);
  if (recent.length >= REACTIONS_PER_S) return state;
  const shown = reactionsAt(chat.reactions, at);
  const number = (shown.at(-1)?.number ?? 0) + 1;
  return { ...state, chat: { ...chat, reactions: [...shown, { number, mine, sign, at }] } };
}

/** Those that are still to be seen. */
export function reactionsAt(reactions: Chat["reactions"], at: number): readonly Reaction[] {
  return reactions.every((each) => at - each.at < REACTION_SHOWN_MS) ? reactions : reactions.filter((each) => at - each.at < REACTION_SHOWN_MS);
}
