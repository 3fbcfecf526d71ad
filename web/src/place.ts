// Where the server is. A proxy may serve us below a path, so every address in the page is relative to the page's own.

/** The path of Socket.IO, beside the page. */
export function socketPath(): string {
  return new URL("socket.io/", location.href).pathname;
}
