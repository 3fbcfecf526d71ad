// Which transport a connection begins with. A WebSocket is first, since it is faster. Some networks swallow it without
// an error: long-polling then carries the visitor, and socket.io tries a WebSocket beside it at each connection.

export type TransportName = "websocket" | "polling";

/** How long a WebSocket may show no sign of life. TLS and three round trips of 300 ms take less; arbitrary. */
export const SILENCE_MS = 2_000;
/** How much longer a server may look for the place that a token names: its other nodes take 2 s at most, seldom more. */
export const LOOKING_MS = 2_500;

/** Remembers which transport works here, as long as the page lives. */
export class Transports {
  private first: TransportName = typeof WebSocket === "function" ? "websocket" : "polling";

  /** In the order in which to try them. */
  get order(): TransportName[] {
    return this.first === "websocket" ? ["websocket", "polling"] : ["polling", "websocket"];
  }

  /** This one has carried something. */
  works(name: TransportName): void {
    this.first = name;
  }

  /** The first one showed no sign of life. */
  isSilent(): void {
    this.first = "polling";
  }

  /** None worked: the next attempt begins as the first did. */
  failed(): void {
    this.first = typeof WebSocket === "function" ? "websocket" : "polling";
  }
}
