// Checks of what the partner may put into our peer connection. A description that fails is not applied, and a candidate
// that fails is dropped.

const MEDIA_MAX = 3; // audio and video, and room for a data channel
const FINGERPRINT = "a=fingerprint:";
const CANDIDATE_LINE = "a=candidate:";
const SHA_256 = /^sha-256 ([0-9A-F]{2}(?::[0-9A-F]{2}){31})$/i;
export const CANDIDATES_MAX = 50; // for one negotiation; a laptop with VPNs and TURN has under 30

/** Splits also at a bare LF or CR, where browsers may end a line: we must see every line that they see. */
function linesOf(sdp: string): string[] {
  return sdp.split(/\r\n|\r|\n/);
}

/** What is wrong with a description, or null if it is fit. */
export function faultOfDescription(sdp: string): string | null {
  const lines = linesOf(sdp);
  if (lines[0] !== "v=0") return "not a session description";
  if (lines.filter((line) => line.startsWith("m=")).length > MEDIA_MAX) return "too many media";
  return lines.some((line) => line.startsWith("a=crypto")) ? "keys in the clear" : null;
}

/** The one SHA-256 fingerprint of a description (RFC 8122), in upper case; null if there is none, or more than one. */
export function fingerprintOf(sdp: string): string | null {
  const lines = linesOf(sdp).filter((line) => line.startsWith(FINGERPRINT));
  const found = lines.map((line) => SHA_256.exec(line.slice(FINGERPRINT.length))?.[1]?.toUpperCase());
  const [first = null] = found;
  return found.every((each) => each === first) ? first : null;
}

/** The fingerprint of a certificate (DER), in the same form. */
export async function fingerprintOfCertificate(der: ArrayBuffer): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}

// RFC 8839, section 5.1. The only host names allowed are mDNS ones: for any other, the browser would ask a name server
// that the stranger chose.
const CANDIDATE = new RegExp(
  "^candidate:[\\w+/]{1,32} \\d{1,5} (?:udp|tcp) \\d{1,10} " +
    "(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-f:.]{2,45}|[\\w-]{1,64}\\.local) \\d{1,5} " +
    "typ (host|srflx|prflx|relay)(?: [\\x21-\\x7e]+)*$",
  "i",
);

/** Whether a candidate may be used. The empty string, which ends them, may. `relayOnly`: only a relay's address may. */
export function isFitCandidate(candidate: string, relayOnly: boolean): boolean {
  if (candidate === "") return true;
  const type = CANDIDATE.exec(candidate)?.[1]?.toLowerCase();
  return type !== undefined && (!relayOnly || type === "relay");
}

/**
 * What the partner is told of a candidate that we found, or null: nothing. With `relayOnly` nothing but a relay's
 * address goes out, and not the address that the relay sees us at (`raddr`, RFC 8839, section 5.1): some browsers tell it.
 */
export function outgoingCandidate(candidate: string, relayOnly: boolean): string | null {
  if (!relayOnly || candidate === "") return candidate;
  return isFitCandidate(candidate, true) ? candidate.replace(/ raddr \S+ rport \d+/i, " raddr 0.0.0.0 rport 0") : null;
}

/** The same for each candidate in a description of ours. */
export function outgoingDescription(sdp: string, relayOnly: boolean): string {
  if (!relayOnly) return sdp;
  const told = linesOf(sdp).map((line) => {
    if (!line.startsWith(CANDIDATE_LINE)) return line;
    const candidate = outgoingCandidate(line.slice("a=".length), true);
    return candidate === null ? null : `a=${candidate}`;
  });
  return told.filter((line) => line !== null).join("\r\n");
}

/** Whether a description names a candidate. */
export function hasCandidates(sdp: string): boolean {
  return linesOf(sdp).some((line) => line.startsWith(CANDIDATE_LINE));
}

/** The description without the unfit candidates that it carries, and without those over CANDIDATES_MAX. */
export function withFitCandidates(sdp: string, relayOnly: boolean): string {
  let kept = 0;
  return linesOf(sdp)
    .filter((line) => {
      if (!line.startsWith(CANDIDATE_LINE)) return true;
      return isFitCandidate(line.slice("a=".length), relayOnly) && ++kept <= CANDIDATES_MAX;
    })
    .join("\r\n");
}
