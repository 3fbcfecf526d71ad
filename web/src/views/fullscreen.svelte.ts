// The full screen. The Esc that leaves it belongs to the browser, and must not count as one of the chat's.

const OWN_ESC_MS = 500; // a keydown that comes with the leaving, before or after it

/** The full screen of one element. */
export class FullScreen {
  isOn = $state(false);
  private leftAt = -Infinity;

  get isPossible(): boolean {
    return document.fullscreenEnabled === true; // undefined in older Safari
  }

  /** Follows the browser until the returned function is called, which leaves the full screen. */
  follow(): () => void {
    const changed = ({ timeStamp }: Event) => {
      this.isOn = document.fullscreenElement !== null;
      if (!this.isOn) this.leftAt = timeStamp;
    };
    const esc = (event: KeyboardEvent) => {
      if (event.key === "Escape" && (this.isOn || event.timeStamp - this.leftAt < OWN_ESC_MS)) event.preventDefault();
    };
    document.addEventListener("fullscreenchange", changed);
    addEventListener("keydown", esc, { capture: true });
    return () => {
      document.removeEventListener("fullscreenchange", changed);
      removeEventListener("keydown", esc, { capture: true });
      this.leave();
    };
  }

  toggle(element: HTMLElement | undefined): void {
    if (this.isOn) this.leave();
    else void element?.requestFullscreen().catch(() => undefined);
  }

  leave(): void {
    if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
  }
}
