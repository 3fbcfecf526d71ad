// The start of the page. It connects, fetches the words, shows the first view and follows the page's life (hidden,
// shown, closed). What comes after the first view is loaded once the browser has time for it.

import { mount } from "svelte";

import { ability, AppController } from "./app/controller.ts";
import { Store } from "./app/store.svelte.ts";
import { Part } from "./part.svelte.ts";
import { keepOffline } from "./stored.ts";
import Root from "./views/Root.svelte";
import { outliveTranslators } from "./views/translators.ts";
import { begin } from "./words/words.svelte.ts";

const IDLE_WITHIN_MS = 2_000; // a page that is never idle still gets its parts; arbitrary

const visit = new Part("visit", () => import("./visit.ts"));
const settings = new Part("Settings", () => import("./views/Settings.svelte"));
const store = new Store();
const controller = new AppController(store, visit);

addEventListener("pagehide", () => controller.close());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) controller.reopen();
});
addEventListener("online", () => controller.shown());
addEventListener("vite:preloadError", () => controller.outdated());
document.addEventListener("visibilitychange", () => controller.inSight(!document.hidden));
for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => controller.touched(), { passive: true });

/** Loads the rest. What fails now is tried again, and told, when somebody needs it. */
function fetchRest(): void {
  void Promise.allSettled([visit.warm(), settings.warm()]).then(keepOffline);
}

/** Shows the first view. Its words are there by now. */
function show(): void {
  const target = document.getElementById("app");
  outliveTranslators(document.body);
  if (target !== null) mount(Root, { target, props: { store, actions: controller, ability: ability(), parts: { visit, settings } } });
  if ("requestIdleCallback" in window) requestIdleCallback(fetchRest, { timeout: IDLE_WITHIN_MS });
  else setTimeout(fetchRest, IDLE_WITHIN_MS); // Safari
}

controller.open();
controller.inSight(!document.hidden);
begin().then(show, () => location.replace("offline.html")); // which comes back by itself
