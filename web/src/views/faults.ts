// What is wrong with our devices, in words, and what to do about it in this browser.

import { browserOf } from "../state/browser.ts";
import type { Media } from "../state/gear.ts";
import { t } from "../words/words.svelte.ts";

type Fault = NonNullable<Media["camFault"]>;

/** One sentence for each device that is not there or gives nothing; one for both, if they share the reason. */
export function faultWords({ mic, micFault, camFault }: Media): readonly string[] {
  if (micFault !== null && micFault === camFault && !mic) return [t(`fault.both.${micFault}`)];
  const words: string[] = [];
  if (camFault !== null) words.push(t(`fault.cam.${camFault}`));
  if (micFault !== null) words.push(micFault === "unplugged" && mic ? t("fault.mic.exchanged") : t(`fault.mic.${micFault}`));
  return words;
}

/** What to do, for the worse of the two; empty if there is nothing to say. */
export function helpWords({ mic, micFault, camFault }: Media): string {
  const fault = camFault ?? (mic ? null : micFault);
  return fault === null ? "" : helpFor(fault);
}

/** What to do about a fault in this browser; empty if the visitor can do nothing. */
export function helpFor(fault: Fault): string {
  const browser = browserOf(navigator.userAgent, navigator.maxTouchPoints);
  if (fault === "insecure") return "";
  if (browser === "app") return t("help.app");
  if (fault === "denied" || fault === "stopped") return t(`help.denied.${browser}`);
  const hand = browser === "ios" || browser === "android" || browser === "androidFirefox";
  if (fault === "busy" || fault === "held") return t(hand ? "help.busy.phone" : "help.busy");
  if (fault === "missing" || fault === "unplugged") return t(hand ? "help.missing.phone" : "help.missing");
  return t(fault === "unsupported" ? "help.unsupported" : "help.unknown");
}

/** Whether asking once more could help. */
export function isHopeless({ micFault, camFault }: Media): boolean {
  return [micFault, camFault].some((fault) => fault === "insecure" || fault === "unsupported");
}
