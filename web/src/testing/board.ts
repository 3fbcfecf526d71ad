// What the controllers' tests put in the place of the store, the server and the devices.

import { vi } from "vitest";

import type { Board, OwnDevices, Server } from "../app/ports.ts";
import type { Reply, Refused } from "../channel/connection.ts";
import { DeviceError, type DeviceFault } from "../call/devices.ts";
import type { Limits, MatchedArgs, Resumed, WelcomeArgs } from "../contract.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { first, update } from "../state/update.ts";

/** The state, with the real reducer, without Svelte. */
export class PlainBoard implements Board {
  state: State = first(0);
  local: MediaStream | null = null;
  remote: MediaStream | null = null;

  dispatch(event: StateEvent): State {
    this.state = update(this.state, { ...event, at: Date.now() });
    return this.state;
  }
}

export function refusal(code: Refused["code"], retry_after_s?: number): Refused {
  return { ok: false, code, message: "", ...(retry_after_s !== undefined && { retry_after_s }) };
}

/** Answers `ok` to everything, unless a test says otherwise. */
export function fakeServer() {
  const ok = () => Promise.resolve<Reply>({ ok: true });
  return {
    find: vi.fn<Server["find"]>(ok),
    stop: vi.fn<Server["stop"]>(ok),
    signal: vi.fn<Server["signal"]>(ok),
    message: vi.fn<Server["message"]>(ok),
    typing: vi.fn<Server["typing"]>(ok),
    report: vi.fn<Server["report"]>(ok),
    again: vi.fn<Server["again"]>(ok),
    ice: vi.fn<Server["ice"]>(() => Promise.resolve({ ok: true, ice_servers: [{ urls: ["turn:t.example"] }] })),
  } satisfies Server;
}

export interface FakeTrack {
  kind: "audio" | "video";
  enabled: boolean;
}

/** A camera and a microphone that are granted, or refused with `fault`. */
export class FakeDevices implements OwnDevices {
  fault: DeviceFault | null = null;
  tracks: OwnDevices["tracks"] = { audio: null, video: null };
  releases = 0;
  onChange: () => void = () => undefined;

  acquire(): Promise<void> {
    return this.have({ audio: true, video: true });
  }

  restore({ mic, cam }: { readonly mic: boolean; readonly cam: boolean }): Promise<void> {
    return this.have({ audio: mic, video: cam });
  }

  async setMic(on: boolean): Promise<void> {
    if (on) return this.have({ audio: true, video: this.tracks.video !== null });
    if (this.tracks.audio !== null) this.tracks.audio.enabled = false;
    this.onChange();
  }

  setCam(on: boolean): Promise<void> {
    return this.have({ audio: this.tracks.audio !== null, video: on });
  }

  release(): void {
    this.releases++;
    this.tracks = { audio: null, video: null };
    this.onChange();
  }

  private async have(wanted: { readonly audio: boolean; readonly video: boolean }): Promise<void> {
    if (this.fault !== null) throw new DeviceError(this.fault);
    this.tracks = { audio: wanted.audio ? track("audio") : null, video: wanted.video ? track("video") : null };
    this.onChange();
  }
}

function track(kind: FakeTrack["kind"]): MediaStreamTrack {
  return { kind, enabled: true } as unknown as MediaStreamTrack;
}

const QUOTA = { rate_s: 10, burst: 40 };
const LIMITS = {
  interests: 10,
  interest_chars: 32,
  languages: 5,
  signal_bytes: 49_152,
  message_bytes: 16_384,
  resume_window_s: 15,
  quotas: { message: QUOTA, signal: QUOTA },
} as unknown as Limits;

export function welcome(resumed: Resumed | null = null): WelcomeArgs {
  return { v: 1, server: "omefree/test", online: 3, ice_servers: [], limits: LIMITS, resume: "token", resumed };
}

export function told(chat: string, commit: string | null, changes: Partial<MatchedArgs> = {}): MatchedArgs {
  const seal = commit === null ? null : { v: 1, commit };
  return { chat, polite: true, mode: "text", common: [], languages: [], relay_only: false, ice_servers: [], seal, ...changes };
}

/** Until it holds: what WebCrypto does takes turns of the loop, and no clock can be faked for it. */
export async function eventually(holds: () => void, turns = 2_000): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      return holds();
    } catch (error) {
      if (turn === turns) throw error;
      await new Promise((done) => setImmediate(done));
    }
  }
}
