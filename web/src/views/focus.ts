// The focus, where what had it is gone from the page.

import { tick } from "svelte";

/** Gives this element the focus if, after the page has changed, nothing has it. A dialog in front keeps it. */
export async function catchFocus(element: () => HTMLElement | undefined): Promise<void> {
  await tick();
  if (document.activeElement === document.body) element()?.focus({ preventScroll: true });
}
