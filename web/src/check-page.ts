// The start of the page /check. It is a page of its own, so that it works when the chat's does not, and the chat's does
// not carry it.

import { mount } from "svelte";

import { Checker } from "./check/checker.svelte.ts";
import Check from "./views/Check.svelte";
import { begin } from "./words/words.svelte.ts";

await begin(); // before the first view, so that its words are in the visitor's language
const target = document.getElementById("app");
if (target !== null) mount(Check, { target, props: { tests: new Checker() } });
