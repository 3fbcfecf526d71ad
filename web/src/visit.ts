// All that somebody meets after the first screen: loaded as one part before the first search, so that no search and no
// chat ever waits for a file.

import "./views/later.ts";
import { Moves, type Host } from "./channel/moves.ts";
import { WebBell } from "./app/bell.ts";
import { Conversation } from "./app/conversation.ts";
import { LadderController } from "./app/ladder.ts";
import { FirstWords } from "./text/memory.ts";
import type { Board } from "./app/ports.ts";
import { ReunionController } from "./app/reunion.ts";
import { TranslationController } from "./app/translation.ts";
import { BrowserTranslator } from "./translate/browser.ts";

export const converse = (...parts: ConstructorParameters<typeof Conversation>) => new Conversation(...parts);
export const reuniting = (...parts: ConstructorParameters<typeof ReunionController>) => new ReunionController(...parts);
export const laddering = (...parts: ConstructorParameters<typeof LadderController>) => new LadderController(...parts);
export const following = (host: Host) => new Moves(host);
export const firstWords = new FirstWords();
export const bell = new WebBell();
export const translating = (board: Board) => new TranslationController(board, new BrowserTranslator());
export { folds } from "./text/contacts.ts";
export { makeOffer } from "./seal/handshake.ts";
export { default as Again } from "./views/Again.svelte";
export { default as Chat } from "./views/Chat.svelte";
export { default as Device } from "./views/Device.svelte";
export { default as Entry } from "./views/Entry.svelte";
export { default as Gone } from "./views/Gone.svelte";
export { default as Keys } from "./views/Keys.svelte";
export { default as LastOne } from "./views/LastOne.svelte";
export { default as Leaving } from "./views/Leaving.svelte";
export { default as PauseCard } from "./views/PauseCard.svelte";
export { default as Preparing } from "./views/Preparing.svelte";
export { default as Report } from "./views/Report.svelte";
export { default as Searching } from "./views/Searching.svelte";
