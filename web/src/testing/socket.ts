// A fake of socket.io-client for the tests of the connection.

/** The socket that socket.io-client would give. A test calls `hears` for what the server sends. */
export class FakeSocket {
  connected = true;
  disconnected = 0;
  readonly engine = {
    closed: 0,
    close: () => this.engine.closed++,
    transport: { name: "" },
    on: (_event: "upgrade", act: () => void) => void (this.upgraded = act),
  };
  readonly io = { engine: this.engine, on: (_event: "open", act: () => void) => void (this.shookHands = act) };
  shookHands: () => void = () => undefined;
  upgraded: () => void = () => undefined;
  readonly emitted: unknown[][] = [];
  private readonly listeners = new Map<string, (...args: unknown[]) => void>();

  constructor(readonly options: { readonly auth: Record<string, unknown>; readonly transports: readonly string[] }) {
    this.engine.transport.name = options.transports[0] ?? "";
  }

  on(event: string, listener: (...args: unknown[]) => void): void {
    this.listeners.set(event, listener);
  }

  emit(...event: unknown[]): void {
    this.emitted.push(event);
  }

  disconnect(): void {
    this.disconnected++;
  }

  hears(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...args);
  }

  /** Gives the server's reply to the last event emitted. */
  replies(reply: unknown): void {
    (this.emitted.at(-1)?.at(-1) as (reply: unknown) => void)(reply);
  }
}
