// Connections to our server of one kind only, to see whether that kind works. Each is a visitor that leaves at once.

import { io, type Socket } from "socket.io-client";

import { type IceOk, type IceServer, PROTOCOL_VERSION, type Refusal, type WelcomeArgs } from "../contract.ts";
import { socketPath } from "../place.ts";

const ANSWER_MS = 12_000; // longer than any proxy takes to refuse; arbitrary

export type Transport = "websocket" | "polling";
/** What a connection brought. `iceServers` is null if they were not asked for, or not given. */
export interface Greeting {
  readonly welcome: WelcomeArgs;
  readonly iceServers: readonly IceServer[] | null;
}
/** `refused`: the server answered, but takes nobody now. `silent`: nothing came. */
export type Silence = "refused" | "silent";

/** Connects by that transport alone, and leaves. Credentials for the relay are asked for with `asks`. */
export async function greet(transport: Transport, asks: boolean): Promise<Greeting | Silence> {
  const socket: Socket = io({ path: socketPath(), transports: [transport], upgrade: false, forceNew: true, reconnection: false, auth: { v: PROTOCOL_VERSION } });
  try {
    const welcome = await welcomeOf(socket);
    return typeof welcome === "string" ? welcome : { welcome, iceServers: asks ? await iceOf(socket) : null };
  } finally {
    socket.disconnect();
  }
}

function welcomeOf(socket: Socket): Promise<WelcomeArgs | Silence> {
  return new Promise((resolve) => {
    setTimeout(() => resolve("silent"), ANSWER_MS);
    socket.once("welcome", resolve);
    socket.once("connect_error", (error: Error & { readonly data?: unknown }) => resolve(error.data === undefined ? "silent" : "refused"));
  });
}

async function iceOf(socket: Socket): Promise<readonly IceServer[] | null> {
  try {
    const reply = (await socket.timeout(ANSWER_MS).emitWithAck("ice")) as IceOk | Refusal;
    return reply.ok ? reply.ice_servers : null;
  } catch {
    return null; // no answer in time
  }
}
