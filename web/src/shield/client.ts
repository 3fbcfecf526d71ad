// The page's side of the shield's worker. Whatever goes wrong there becomes a fault, and nothing hangs.

import type { Answer, Ask, Look, ShieldFault } from "./terms.ts";

export const LOOK_WITHIN_MS = 5_000; // ten times what the slowest phone should need
export const READY_WITHIN_MS = 120_000; // 3.6 MB at 30 kB/s

/** `idle`: nothing was fetched. `asking`: the visitor saves data and has not yet agreed. Any other is a fault. */
export type Phase = "idle" | "asking" | "loading" | "ready" | ShieldFault;

/** What we use of a Worker. */
export interface Helper {
  onmessage: ((event: MessageEvent<Answer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(ask: Ask, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

/** The phases of the worker's life, and one look after the other. No method throws or rejects. */
export class ShieldClient {
  phase: Phase = "idle";
  private helper: Helper | null = null;
  private n = 0;
  private readonly asked = new Map<number, (look: Look | null) => void>();
  private readonly told = new Set<(phase: Phase) => void>();
  private deadline: ReturnType<typeof setTimeout> | undefined;

  /** `frugal`: whether the visitor asks pages to save data. */
  constructor(
    private readonly make: () => Helper,
    private readonly frugal: () => boolean,
  ) {}

  /** Calls back at once and at each change. Returns a function that ends that. */
  watch(tell: (phase: Phase) => void): () => void {
    this.told.add(tell);
    tell(this.phase);
    return () => this.told.delete(tell);
  }

  /** Called when a picture is to come. Loads the model, or lets the visitor be asked first. After a fault it tries anew. */
  warm(): void {
    if (this.phase === "loading" || this.phase === "ready") return;
    if (this.phase === "idle" && this.frugal()) this.enter("asking");
    else if (this.phase !== "asking") this.load();
  }

  /** Loads the model, whatever it costs: the visitor has agreed. */
  load(): void {
    if (this.phase === "loading" || this.phase === "ready") return;
    this.enter("loading");
    this.deadline = setTimeout(() => this.fail("silent"), READY_WITHIN_MS);
    try {
      this.helper = this.make();
    } catch {
      return this.fail("refused");
    }
    this.helper.onmessage = ({ data }) => this.hear(data);
    this.helper.onerror = () => this.fail(this.phase === "ready" ? "silent" : "missing");
  }

  /** What is seen in this frame. Null if nobody can look, or the worker has not answered in time. */
  look(pixels: ArrayBuffer): Promise<Look | null> {
    const { helper } = this;
    if (helper === null || this.phase !== "ready") return Promise.resolve(null);
    const n = ++this.n;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.fail("silent"), LOOK_WITHIN_MS);
      this.asked.set(n, (look) => {
        clearTimeout(late);
        resolve(look);
      });
      helper.postMessage({ n, pixels }, [pixels]);
    });
  }

  private hear(answer: Answer): void {
    if (answer.type === "failed") return this.fail(answer.fault);
    if (answer.type === "ready") {
      clearTimeout(this.deadline);
      return this.enter("ready");
    }
    this.asked.get(answer.n)?.(answer.look);
    this.asked.delete(answer.n);
  }

  private fail(fault: ShieldFault): void {
    clearTimeout(this.deadline);
    this.helper?.terminate();
    this.helper = null;
    this.enter(fault);
    for (const answer of this.asked.values()) answer(null);
    this.asked.clear();
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    for (const tell of this.told) tell(phase);
  }
}
