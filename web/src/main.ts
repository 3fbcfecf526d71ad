// The start of the page. It connects, fetches the words, shows the first view and follows the page's life (hidden,
// shown, closed).

import { mount } from "svelte";

import { ability, AppController } from "./app/controller.ts";
import { Store } from "./app/store.svelte.ts";
import Root from "./views/Root.svelte";
import { begin } from "./words/words.svelte.ts";

const store = new Store();
const controller = new AppController(store);

addEventListener("pagehide", () => controller.close());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) controller.open();
});
addEventListener("online", () => controller.shown());
addEventListener("vite:preloadError", () => controller.outdated());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) controller.shown();
});

controller.open();
await begin(); // before the first view, so that its words are in the visitor's language
const target = document.getElementById("app");
if (target !== null) mount(Root, { target, props: { store, actions: controller, ability: ability() } });
