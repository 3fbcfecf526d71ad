import { mount } from "svelte";

import { ability, Session } from "./app/session.ts";
import { Store } from "./app/store.svelte.ts";
import Root from "./views/Root.svelte";
import { begin } from "./words/words.svelte.ts";

const store = new Store();
const session = new Session(store);

addEventListener("pagehide", () => session.close());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) session.open();
});
addEventListener("online", () => session.shown());
addEventListener("vite:preloadError", () => session.outdated());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) session.shown();
});

session.open();
await begin(); // the first words that are seen are in the visitor's language
const target = document.getElementById("app");
if (target !== null) mount(Root, { target, props: { store, actions: session, ability: ability() } });
