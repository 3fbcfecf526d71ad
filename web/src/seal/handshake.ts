// The handshake (docs/blind-relay.md): two pages agree on keys through a relay that neither trusts. A commitment binds
// each to its key before either shows it. So a relay in the middle has one blind guess at the emoji.

import { fieldsOf, lp, sameBytes, SealError, toBase64url, utf8, type Bytes } from "./bytes.ts";
import type { Lane } from "./frame.ts";

const SUITE = "omefree-seal/1";
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const UNCOMPRESSED = 4; // the first byte of a point; the check is ours, since some libraries take hybrid points too
const POINT_BYTES = 65;
const SHARED_BITS = 256; // the x coordinate of the shared point
const NONCE_BYTES = 32;
const EMOJI_BITS = 24; // four numbers below 64
const LANES: readonly Lane[] = ["message", "signal", "receipt"];

type Role = "impolite" | "polite";
type LaneKeys = Readonly<Record<Lane, CryptoKey>>;

/** Our half of a handshake that has not begun. It may be shown to one partner only. */
export interface Offer {
  readonly commit: string;
  readonly hello: Bytes;
  readonly secret: CryptoKey;
}

/** A chat's id and our role in it, both from `matched`. */
export interface Side {
  readonly chat: string;
  readonly polite: boolean;
}

/** A new offer with a random key and nonce. The secret key cannot be exported. */
export async function makeOffer(): Promise<Offer> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return offerOf(privateKey, point, crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

/** The offer of this key and nonce. Outside of tests, use `makeOffer`. */
export async function offerOf(secret: CryptoKey, point: Bytes, nonce: Bytes): Promise<Offer> {
  const hello = lp(utf8(SUITE), point, nonce);
  return { commit: toBase64url(await sha256(hello)), hello, secret };
}

/** The keys of a chat. Throws SealError if the partner's hello is malformed, our own, or not the one committed to. */
export async function agree(offer: Offer, commit: string, hello: Bytes, side: Side): Promise<Keys> {
  if (toBase64url(await sha256(hello)) !== commit) throw new SealError("another hello than committed to");
  if (sameBytes(hello, offer.hello)) throw new SealError("our own hello");
  const shared = await ecdh(offer.secret, pointOf(hello));
  const [impolite, polite] = side.polite ? [hello, offer.hello] : [offer.hello, hello];
  const transcript = await sha256(lp(utf8(side.chat), impolite, polite));
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits", "deriveKey"]);
  return keysOf(side, (info) => ({ name: "HKDF", hash: "SHA-256", salt: transcript, info: utf8(`${SUITE} ${info}`) }), base);
}

function pointOf(hello: Bytes): Bytes {
  const [suite, point, nonce] = fieldsOf(hello, 3);
  const fits = suite !== undefined && sameBytes(suite, utf8(SUITE)) && nonce?.length === NONCE_BYTES;
  if (!fits || point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) throw new SealError("not a hello");
  return point;
}

async function ecdh(secret: CryptoKey, point: Bytes): Promise<ArrayBuffer> {
  try {
    const theirs = await crypto.subtle.importKey("raw", point, CURVE, false, []);
    return await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, secret, SHARED_BITS);
  } catch {
    throw new SealError("not a point on the curve");
  }
}

async function keysOf(side: Side, hkdf: (info: string) => HkdfParams, base: CryptoKey): Promise<Keys> {
  const laneKeys = async (role: Role): Promise<LaneKeys> => {
    const keys = await Promise.all(
      LANES.map(async (lane) => {
        const aes = { name: "AES-GCM", length: 256 };
        return [lane, await crypto.subtle.deriveKey(hkdf(`${role} ${lane}`), base, aes, false, ["encrypt", "decrypt"])] as const;
      }),
    );
    return Object.fromEntries(keys) as LaneKeys;
  };
  const [ours, theirs]: readonly [Role, Role] = side.polite ? ["polite", "impolite"] : ["impolite", "polite"];
  const [sealing, opening, bits] = await Promise.all([
    laneKeys(ours),
    laneKeys(theirs),
    crypto.subtle.deriveBits(hkdf("emoji"), base, EMOJI_BITS),
  ]);
  return new Keys(side.chat, { role: ours, keys: sealing }, { role: theirs, keys: opening }, sixBits(new Uint8Array(bits)));
}

function sixBits([one = 0, two = 0, three = 0]: Bytes): readonly number[] {
  const all = (one << 16) | (two << 8) | three;
  return [18, 12, 6, 0].map((shift) => (all >> shift) & 63);
}

/** One direction: the sender's role, and its keys. */
interface Way {
  readonly role: Role;
  readonly keys: LaneKeys;
}

/** Seals what we send and opens what the partner sent, in one chat (docs/blind-relay.md, "Bytes"). */
export class Keys {
  constructor(
    private readonly chat: string,
    private readonly out: Way,
    private readonly back: Way,
    /** Four numbers below 64. */
    readonly emoji: readonly number[],
  ) {}

  /** Seals a content. A number of a lane may be sealed once only: the same nonce twice would expose both contents. */
  async seal(lane: Lane, n: number, content: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.gcm(this.out, lane, n), this.out.keys[lane], content));
  }

  /** Opens a body. Throws SealError if it is not what the partner sealed under this number. */
  async open(lane: Lane, n: number, body: Bytes): Promise<Bytes> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(this.gcm(this.back, lane, n), this.back.keys[lane], body));
    } catch {
      throw new SealError("does not authenticate");
    }
  }

  private gcm({ role }: Way, lane: Lane, n: number): AesGcmParams {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setBigUint64(4, BigInt(n));
    return { name: "AES-GCM", iv, additionalData: lp(utf8(this.chat), utf8(role), utf8(lane)) };
  }
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
