// What the page must know of the sealing before there is a chat.

/** The version of the sealing (docs/blind-relay.md). */
export const SEAL_VERSION = 1;

/** Whether we have WebCrypto. Browsers give it only to pages over https or from localhost. */
export function canSeal(): boolean {
  return typeof crypto === "object" && typeof crypto.subtle === "object";
}
