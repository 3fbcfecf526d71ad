// Before each file of tests: the page has an address, and its words are English, as after `begin`.

import { vi } from "vitest";

import { filesOf } from "../../build/words.ts";
import { begin } from "../words/words.svelte.ts";

Object.assign(globalThis, { location: new URL("http://localhost:8000/") }); // where every page is
const english = filesOf(new URL("../../../src/omefree/words", import.meta.url).pathname).find(({ tag }) => tag === "en");
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("fetch", () => Promise.resolve(new Response(english?.source)));
await begin();
vi.unstubAllGlobals();
