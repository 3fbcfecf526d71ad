// Which descriptions and candidates of a partner pass.

import { describe, expect, it } from "vitest";

import { CANDIDATES_MAX, faultOfDescription, fingerprintOf, fingerprintOfCertificate, hasCandidates, isFitCandidate, outgoingCandidate, outgoingDescription, withFitCandidates } from "./checks.ts";

const FINGERPRINT = `a=fingerprint:sha-256 ${Array(32).fill("AB").join(":")}`;
const OTHER = `a=fingerprint:sha-256 ${Array(32).fill("CD").join(":")}`;
const SDP = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", FINGERPRINT, "m=video 9 UDP/TLS/RTP/SAVPF 96", FINGERPRINT, ""].join("\r\n");
const HOST = "candidate:842163049 1 udp 1677729535 192.0.2.2 46154 typ host generation 0 ufrag Ab1+ network-cost 999";

describe("a description", () => {
  it("of a browser is fit", () => expect(faultOfDescription(SDP)).toBeNull());

  it.each([
    ["empty", ""],
    ["with keys in the clear", `${SDP}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n`],
    ["with too many media", `${SDP}${"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(2)}`],
  ])("%s is not", (_what, sdp) => expect(faultOfDescription(sdp)).not.toBeNull());
});

describe("the fingerprint of a description", () => {
  it("is the same in all its parts", () => expect(fingerprintOf(SDP)).toBe(Array(32).fill("AB").join(":")));
  it("counts in either case", () => expect(fingerprintOf(SDP.replaceAll("AB", "ab"))).toBe(fingerprintOf(SDP)));

  it.each([
    ["is missing", SDP.replaceAll(FINGERPRINT, "a=x")],
    ["is of a weak hash in one part", SDP.replace("sha-256", "sha-1")],
    ["is too short in one part", SDP.replace("AB:AB:", "")],
    ["differs between two parts", SDP.replace(FINGERPRINT, OTHER)],
    ["has something after it", SDP.replace(FINGERPRINT, `${FINGERPRINT} x`)],
  ])("that %s is none", (_what, sdp) => expect(fingerprintOf(sdp)).toBeNull());

  it("is the certificate's SHA-256", async () => {
    const empty = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";
    expect(await fingerprintOfCertificate(new ArrayBuffer(0))).toBe(empty); // SHA-256 of no bytes, FIPS 180-4
  });
});

describe("a candidate", () => {
  it.each([
    "",
    HOST,
    "candidate:1 1 udp 2122260223 fd00::2 50000 typ host",
    "candidate:1 1 UDP 2122260223 3b6c1d5e-0000-4000-8000-000000000000.local 50000 typ host",
    "candidate:1 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active generation 0",
    "candidate:1 1 udp 41885439 203.0.113.9 3478 typ relay raddr 0.0.0.0 rport 0",
  ])("%j is fit", (candidate) => expect(isFitCandidate(candidate, false)).toBe(true));

  it.each([
    "candidate:1 1 udp 1 evil.example.com 1 typ host",
    "candidate:1 1 udp 1 127.0.0.1 1 typ other",
    "candidate:1 1 sctp 1 127.0.0.1 1 typ host",
    `${HOST}\r\na=crypto:1`,
    "hello",
  ])("%j is not", (candidate) => expect(isFitCandidate(candidate, false)).toBe(false));

  it("must be a relay's when addresses are hidden", () => {
    expect(isFitCandidate(HOST, true)).toBe(false);
    expect(isFitCandidate(HOST.replace("typ host", "typ relay"), true)).toBe(true);
  });
});

describe("the candidates inside a description", () => {
  it("are checked as well", () => {
    const sdp = `${SDP}a=${HOST}\r\na=${HOST.replace("typ host", "typ relay")}\r\n`;
    expect(withFitCandidates(sdp, false)).toBe(sdp);
    expect(withFitCandidates(sdp, true)).not.toContain("typ host");
  });

  it.each(["\n", "\r"])("are checked when its lines end in %j, which a browser may take as well", (end) => {
    const sdp = `${SDP}a=${HOST.replace("192.0.2.2", "evil.example.com")}\r\n`.replaceAll("\r\n", end);
    expect(withFitCandidates(sdp, false)).toBe(SDP);
    expect(fingerprintOf(sdp)).toBe(fingerprintOf(SDP));
    expect(faultOfDescription(sdp)).toBeNull();
  });

  it("are counted", () => {
    const kept = withFitCandidates(`${SDP}${`a=${HOST}\r\n`.repeat(CANDIDATES_MAX + 9)}`, false);
    expect(kept.match(/a=candidate/g)).toHaveLength(CANDIDATES_MAX);
  });
});

describe("what the partner is told when addresses are hidden", () => {
  const RELAY = "candidate:1 1 udp 41885695 198.51.100.9 50000 typ relay raddr 203.0.113.7 rport 40000 generation 0";
  const ours = `${SDP}a=${HOST}\r\na=${RELAY}\r\na=end-of-candidates\r\n`;

  it("is a relay's address, and not the one that the relay sees", () => {
    expect(outgoingCandidate(RELAY, true)).toBe("candidate:1 1 udp 41885695 198.51.100.9 50000 typ relay raddr 0.0.0.0 rport 0 generation 0");
    expect(outgoingCandidate("", true)).toBe("");
  });

  it.each(["host", "srflx", "prflx"])("is nothing of type %s", (type) => expect(outgoingCandidate(HOST.replace("typ host", `typ ${type}`), true)).toBeNull());

  it("holds for those inside a description", () => {
    const sent = outgoingDescription(ours, true);
    expect(sent).not.toMatch(/typ host|203\.0\.113\.7/);
    expect(sent.match(/typ relay/g)).toHaveLength(1);
    expect(hasCandidates(sent)).toBe(true);
    expect(hasCandidates(outgoingDescription(`${SDP}a=${HOST}\r\n`, true))).toBe(false);
  });

  it("is all that we found when nobody hides", () => {
    expect([outgoingCandidate(HOST, false), outgoingCandidate(RELAY, false), outgoingDescription(ours, false)]).toEqual([HOST, RELAY, ours]);
  });
});
