// Runs the tests of /check one after another, and holds what they found.

import { isCallPossible } from "../call/possible.ts";
import { faultOf, type Kind as DeviceKind, request, type Taste } from "../call/request.ts";
import { canSeal } from "../seal/ability.ts";
import { followLevel, HEARD_LEVEL } from "../sound/level.ts";
import type { IceServer } from "../contract.ts";
import { answers, KINDS, type Kind, serversOf } from "./paths.ts";
import { browserOf, hiding, mailOf, type Outcome, type RowName, type Rows, untested, type Why } from "./rows.ts";
import { greet, type Greeting, type Silence } from "./server.ts";

/** The tests of one page, and their results for the view. */
export class Checker {
  rows: Rows = $state.raw(untested());
  /** Our own picture while the camera is tested. */
  picture: MediaStream | null = $state.raw(null);
  /** How loud the microphone is, from 0 to 1. */
  level = $state(0);
  /** The test sound was played, and the visitor has not said whether it was heard. */
  asksWhetherHeard = $state(false);
  private server: string | null = $state(null);
  private sound: MediaStream | null = null;
  private endMeter: () => void = () => undefined;

  /** `taste`: the devices that were chosen here. `playTest` plays the test sound, and rejects if there can be none. */
  constructor(
    private readonly taste: Taste,
    private readonly playTest: () => Promise<void>,
  ) {}

  /** All that needs no answer of the visitor: this browser, the server, its relay. */
  async run(): Promise<void> {
    const { camera, microphone, speaker } = this.rows;
    this.rows = { ...untested(), camera, microphone, speaker };
    this.server = null;
    this.testBrowser();
    const socket = await this.testTransport("websocket");
    const polling = await this.testTransport("polling");
    const greeting = [socket, polling].find((each) => typeof each !== "string");
    if (greeting === undefined || typeof greeting === "string") this.skipPaths();
    else await this.testPaths(greeting);
  }

  /** Asks the browser for both devices, one after the other: each may fail by itself. */
  async testDevices(): Promise<void> {
    this.release();
    this.picture = await this.request("camera", "video");
    this.sound = await this.request("microphone", "audio");
    if (this.picture !== null) this.set("camera", "good", "good");
    if (this.sound === null) return;
    this.set("microphone", "running", "quiet");
    this.endMeter = followLevel(this.sound, (level) => this.heard(level));
  }

  async testSpeaker(): Promise<void> {
    this.set("speaker", "running");
    try {
      await this.playTest();
      this.asksWhetherHeard = true;
    } catch {
      this.set("speaker", "none", "unsupported");
    }
  }

  /** What the visitor says of the test sound. */
  answer(heard: boolean): void {
    this.asksWhetherHeard = false;
    if (heard) this.set("speaker", "good", "good");
    else this.set("speaker", "bad", "bad");
  }

  /** Turns the devices off. */
  release(): void {
    this.endMeter();
    for (const stream of [this.picture, this.sound]) for (const track of stream?.getTracks() ?? []) track.stop();
    this.endMeter = () => undefined;
    this.sound = this.picture = null;
    this.level = 0;
  }

  /** The text for a support mail. */
  mail(lang: string): string {
    return mailOf({ server: this.server, browser: browserOf(navigator.userAgent), lang, secure: isSecureContext }, this.rows);
  }

  private testBrowser(): void {
    if (!isSecureContext) this.set("browser", "bad", "insecure");
    else if (!canSeal()) this.set("browser", "bad", "noseal");
    else if (!isCallPossible()) this.set("browser", "bad", "nocalls");
    else this.set("browser", "good", "good");
  }

  private async testTransport(transport: "websocket" | "polling"): Promise<Greeting | Silence> {
    this.set(transport, "running");
    const found = await greet(transport, isCallPossible());
    if (found === "silent") this.set(transport, "bad", "bad");
    else if (found === "refused") this.set(transport, "bad", "busy");
    else this.set(transport, "good", "good");
    if (typeof found !== "string") this.server = found.welcome.server;
    return found;
  }

  private async testPaths({ welcome, iceServers }: Greeting): Promise<void> {
    if (!isCallPossible()) return this.skipPaths();
    for (const kind of KINDS) {
      const servers = serversOf(kind, iceServers ?? welcome.ice_servers);
      if (servers.length > 0) await this.testPath(kind, servers);
      else this.set(kind, "none", kind !== "stun" && welcome.relay && iceServers === null ? "busy" : "none");
    }
  }

  private async testPath(kind: Kind, servers: readonly IceServer[]): Promise<void> {
    this.set(kind, "running");
    const answer = await answers(kind, servers).catch(() => "bad" as const);
    this.set(kind, answer === "good" ? "good" : "bad", answer);
  }

  /** Without a server that answers, or without WebRTC, there is nothing to test. */
  private skipPaths(): void {
    const why = isCallPossible() ? "unknown" : "nocalls";
    for (const kind of KINDS) this.set(kind, "none", why);
  }

  private async request(name: "camera" | "microphone", kind: DeviceKind): Promise<MediaStream | null> {
    this.set(name, "running");
    try {
      return await request({ audio: kind === "audio", video: kind === "video" }, this.taste);
    } catch (error) {
      this.set(name, "bad", faultOf(error));
      return null;
    }
  }

  private heard(level: number): void {
    this.level = level;
    if (level >= HEARD_LEVEL && this.rows.microphone.outcome === "running") this.set("microphone", "good", "good");
  }

  private set(name: RowName, outcome: Outcome, why: Why | null = null): void {
    const rows = { ...this.rows, [name]: { outcome, why } };
    this.rows = { ...rows, hide: hiding(rows) ?? rows.hide };
  }
}
