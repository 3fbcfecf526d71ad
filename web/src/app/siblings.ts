// The other tabs of this browser. They tell each other their commitments of the search (which are public), so that two
// of them never take each other for strangers. A BroadcastChannel reaches the same origin in the same browser alone:
// the server hears nothing of it, and nothing is stored.

const CHANNEL = "omefree";
const KNOWN_MAX = 64; // commitments: more tabs than anybody has, of which each has one at a time
const COMMIT = /^[\w-]{43}$/;

/** This tab's view of the others. Where there is no BroadcastChannel, it knows of none. */
export class Siblings {
  private channel: BroadcastChannel | null = null;
  private readonly known = new Set<string>();
  private ours: string | null = null;

  /** `learned` is called for each commitment of another tab that is new to us. */
  constructor(private readonly learned: (commit: string) => void) {}

  /** Begins to listen. */
  open(): void {
    if (typeof BroadcastChannel !== "function") return;
    try {
      this.channel ??= new BroadcastChannel(CHANNEL);
      this.channel.onmessage = ({ data }: MessageEvent<unknown>) => this.hear(data);
    } catch {
      // a browser that lets this page have none: the tabs stay strangers
    }
  }

  /** Called when the page goes: with an open channel, no browser would keep it for a return. */
  close(): void {
    this.channel?.close();
    this.channel = null;
  }

  /** Tells the others with which commitment we search. Called before the server knows it. */
  tell(commit: string): void {
    this.ours = commit;
    this.channel?.postMessage(commit);
  }

  /** Whether this commitment is another tab's. */
  has(commit: string): boolean {
    return this.known.has(commit);
  }

  /** An answer goes back at once: that tab may have opened after we began to search. */
  private hear(commit: unknown): void {
    if (typeof commit !== "string" || !COMMIT.test(commit) || this.known.has(commit)) return;
    for (const oldest of this.known) if (this.known.size >= KNOWN_MAX) this.known.delete(oldest);
    this.known.add(commit);
    if (this.ours !== null) this.channel?.postMessage(this.ours);
    this.learned(commit);
  }
}
