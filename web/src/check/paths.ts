// Whether STUN and TURN servers answer from here. A real peer connection gathers candidates from one of them alone; no
// candidate leaves this file.

import type { IceServer } from "../contract.ts";

const GATHER_MS = 15_000; // browsers give a STUN server about 10 s
const REFUSED = new Set([401, 403, 438]); // RFC 8489, section 14.8: the credentials are not taken

export type Kind = "stun" | "turn" | "turn_tcp" | "turn_tls";
export const KINDS: readonly Kind[] = ["stun", "turn", "turn_tcp", "turn_tls"];
/** `refused`: it answers, but does not take us. */
export type Answer = "good" | "bad" | "refused";

/** Which kind of server an address is of (RFC 7064, RFC 7065). */
export function kindOf(url: string): Kind | null {
  if (url.startsWith("stun:")) return "stun";
  if (url.startsWith("turns:")) return "turn_tls";
  if (url.startsWith("turn:")) return /[?&]transport=tcp\b/i.test(url) ? "turn_tcp" : "turn";
  return null;
}

/** The servers of one kind, each with the addresses of that kind alone. */
export function serversOf(kind: Kind, servers: readonly IceServer[]): readonly IceServer[] {
  const kept = servers.map((server) => ({ ...server, urls: server.urls.filter((url) => kindOf(url) === kind) }));
  return kept.filter(({ urls }) => urls.length > 0);
}

/** Whether one of these servers answers. They are of one kind. */
export async function answers(kind: Kind, servers: readonly IceServer[]): Promise<Answer> {
  const peer = new RTCPeerConnection({ iceServers: servers.map(toRtc), iceTransportPolicy: kind === "stun" ? "all" : "relay" });
  try {
    return await gathered(peer, kind === "stun" ? "srflx" : "relay");
  } finally {
    peer.onicecandidate = peer.onicecandidateerror = null;
    peer.close();
  }
}

/**
 * Without a network that changes addresses a STUN server's answer brings no candidate of its own, as it would be the
 * same as the device's. So no candidate and no error is an answer, too; a relay always gives a candidate.
 */
function gathered(peer: RTCPeerConnection, wanted: "srflx" | "relay"): Promise<Answer> {
  let failed: Answer | null = null;
  let any = false;
  return new Promise((resolve) => {
    const end = () => resolve(failed ?? (wanted === "srflx" && any ? "good" : "bad"));
    setTimeout(() => resolve(failed ?? "bad"), GATHER_MS); // Chromium goes on asking a server that does not answer
    peer.onicecandidateerror = ({ errorCode }) => (failed = REFUSED.has(errorCode) ? "refused" : (failed ?? "bad"));
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) return end();
      any ||= candidate.candidate !== "";
      if (candidate.type === wanted) resolve("good");
    };
    peer.createDataChannel("check");
    peer.setLocalDescription().catch(() => resolve("bad"));
  });
}

function toRtc({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls: [...urls], ...(username && { username }), ...(credential && { credential }) };
}
