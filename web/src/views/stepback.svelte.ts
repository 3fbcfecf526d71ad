// Controls that step back: after some seconds without a move, a touch or a key they fade. They stay in reach of the
// keyboard and of screen readers, and any move brings them back.

const AFTER_MS = 4_000;

/** Whether the controls have stepped back. */
export class StepBack {
  isBack = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Watches the page until the returned function is called. Controls that have the focus do not step back. */
  watch(controls: () => HTMLElement | undefined): () => void {
    const stir = () => {
      this.isBack = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.isBack = controls()?.querySelector(":focus-visible") == null;
      }, AFTER_MS);
    };
    const signs = ["pointermove", "pointerdown", "keydown", "focusin", "focusout"];
    for (const sign of signs) addEventListener(sign, stir, { passive: true });
    stir();
    return () => {
      for (const sign of signs) removeEventListener(sign, stir);
      clearTimeout(this.timer);
      this.isBack = false;
    };
  }
}

/** Whoever wants less motion keeps the controls where they are. */
export function mayStepBack(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}
