// Keeps the end of a scrolling box in sight through any change of its size or content, until somebody scrolls up.

const NEAR_PX = 24; // from the end: less than a line

/** The follower of one box. */
export class Follower {
  /** Whether the end is in sight, so that the box goes along with it. */
  following = $state(true);
  private box: HTMLElement | null = null;
  private size = "";

  /** Follows the box and its content. Returns what ends that. */
  readonly attach = (box: HTMLElement): (() => void) => {
    this.box = box;
    const observer = new ResizeObserver(() => this.settle());
    for (const each of [box, ...box.children]) observer.observe(each);
    const onscroll = () => this.scrolled();
    box.addEventListener("scroll", onscroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", onscroll);
    };
  };

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.following = true;
    this.settle();
  }

  /** After a change of the layout. */
  private settle(): void {
    if (this.box === null) return;
    this.size = sizeOf(this.box);
    if (this.following) this.box.scrollTop = this.box.scrollHeight;
  }

  /** A scroll that comes with another size is the browser's, not the visitor's. */
  private scrolled(): void {
    if (this.box === null || sizeOf(this.box) !== this.size) return;
    this.following = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_PX;
  }
}

function sizeOf({ clientWidth, clientHeight, scrollHeight }: HTMLElement): string {
  return `${clientWidth} ${clientHeight} ${scrollHeight}`;
}
