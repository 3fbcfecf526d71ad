// The start of the page /check. It is a page of its own, so that it works when the chat's does not, and the chat's does
// not carry it.

import { mount } from "svelte";

import { PLAIN } from "./call/request.ts";
import { Checker } from "./check/checker.svelte.ts";
import { choiceOf } from "./state/gear.ts";
import { stored } from "./stored.ts";
import Check from "./views/Check.svelte";
import { playTest, useSpeaker } from "./views/speaker.svelte.ts";
import { begin } from "./words/words.svelte.ts";

await begin(); // before the first view, so that its words are in the visitor's language
const { mic, cam, speaker } = choiceOf(stored("devices"));
useSpeaker(speaker);
const target = document.getElementById("app");
if (target !== null) mount(Check, { target, props: { tests: new Checker({ ...PLAIN, mic, cam }, playTest) } });
