// Fakes of the store, the server and the devices for the controllers' tests.

import { vi } from "vitest";

import type { Board, OwnDevices, Server } from "../app/ports.ts";
import type { Reply, Refused } from "../channel/connection.ts";
import type { DeviceFault, Wanted } from "../call/devices.ts";
import type { Limits, MatchedArgs, Resumed, WelcomeArgs } from "../contract.ts";
import type { StateEvent } from "../state/events.ts";
import type { State } from "../state/model.ts";
import { first, update } from "../state/update.ts";

/** The store without Svelte: it has the real reducer. The visitor has agreed on the sheet, unless a test says no. */
export class PlainBoard implements Board {
  state: State = update(first(0), { type: "entry", entry: { agreed: true }, at: 0 });
  local: MediaStream | null = null;
  remote: MediaStream | null = null;
  voice: MediaStream | null = null;

  dispatch(event: StateEvent): State {
    this.state = update(this.state, { ...event, at: Date.now() });
    return this.state;
  }
}

/** A refusal with this code, as a reply has it. */
export function refusal(code: Refused["code"], retry_after_s?: number): Refused {
  return { ok: false, code, message: "", ...(retry_after_s !== undefined && { retry_after_s }) };
}

/** A server that replies `ok` to every event, unless a test sets another reply. */
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

/** The part of a MediaStreamTrack that the controllers look at. */
export interface FakeTrack {
  kind: "audio" | "video";
  enabled: boolean;
}

/** A camera and a microphone that the visitor grants or, with `fault`, does not. */
export class FakeDevices implements OwnDevices {
  fault: DeviceFault | null = null;
  tracks: OwnDevices["tracks"] = { audio: null, video: null };
  releases = 0;
  faults: OwnDevices["faults"] = { audio: null, video: null };
  onChange: () => void = () => undefined;
  onListing: OwnDevices["onListing"] = () => undefined;
  /** All that the controller preferred, together. */
  taste: Parameters<OwnDevices["prefer"]>[0] = {};

  acquire(wanted: Wanted = { audio: true, video: true }): Promise<boolean> {
    return this.have(wanted);
  }

  async restore({ mic, cam }: { readonly mic: boolean; readonly cam: boolean }): Promise<void> {
    await this.have({ audio: mic, video: cam });
  }

  async setMic(on: boolean): Promise<boolean> {
    if (on) return this.have({ audio: true, video: this.tracks.video !== null });
    if (this.tracks.audio !== null) this.tracks.audio.enabled = false;
    this.onChange();
    return true;
  }

  async setCam(on: boolean): Promise<boolean> {
    if (on) return this.have({ audio: this.tracks.audio !== null, video: true });
    this.tracks = { ...this.tracks, video: null };
    this.onChange();
    return true;
  }

  async prefer(taste: Parameters<OwnDevices["prefer"]>[0]): Promise<void> {
    this.taste = { ...this.taste, ...taste };
  }

  release(): void {
    this.releases++;
    this.tracks = { audio: null, video: null };
    this.onChange();
  }

  private async have(wanted: Wanted): Promise<boolean> {
    const { fault } = this;
    this.faults = { audio: wanted.audio ? fault : null, video: wanted.video ? fault : null };
    if (fault === null) this.tracks = { audio: wanted.audio ? track("audio") : null, video: wanted.video ? track("video") : null };
    this.onChange();
    return fault === null;
  }
}

function track(kind: FakeTrack["kind"]): MediaStreamTrack {
  return { kind, enabled: true, muted: false } as unknown as MediaStreamTrack;
}

const QUOTA = { rate_s: 10, burst: 40 };
const LIMITS = {
  interests: 10,
  interest_chars: 32,
  languages: 5,
  signal_bytes: 49_152,
  message_bytes: 16_384,
  resume_window_s: 15,
  resume_window_chat_s: 120,
  quotas: { message: QUOTA, signal: QUOTA },
} as unknown as Limits;

/** The arguments of a `welcome`: a new session with null, else the resumed one. */
export function welcome(resumed: Resumed | null = null): WelcomeArgs {
  return { v: 1, server: "omefree/test", online: 3, ice_servers: [], limits: LIMITS, resume: "token", resumed, relay: false };
}

/** The arguments of a `matched`. With a null `commit` it carries no seal, as after an `again`. */
export function told(chat: string, commit: string | null, changes: Partial<MatchedArgs> = {}): MatchedArgs {
  const seal = commit === null ? null : { v: 1, commit };
  return { chat, polite: true, mode: "text", common: [], languages: [], relay_only: false, ice_servers: [], seal, step_max: 2, ...changes };
}

/**
 * Waits until `holds` no longer throws, for `turns` turns of the event loop at most. WebCrypto takes some turns, and no
 * fake clock can speed them up.
 */
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
