// One chat: its sealed channel and its call. In a video chat the call is made at `matched`, in a text chat when both
// agree to sound (docs/blind-relay.md, "Steps"). All is closed for good at the chat's end.

import { type Call, type CallEvents, makeCall, type Tracks, type Tuning } from "../call/call.ts";
import { isCallPossible } from "../call/possible.ts";
import type { Quality } from "../call/quality.ts";
import type { CallPhase } from "../call/recovery.ts";
import type { Route } from "../call/route.ts";
import { Talk } from "../channel/talk.ts";
import type { ChannelEvents, Relay, Terms } from "../channel/terms.ts";
import type { IceServer, MatchedArgs, Step } from "../contract.ts";
import type { Candidate, Content, Description, MediaState } from "../seal/content.ts";

const EARLY_MAX = 64; // a description and its candidates, while we ask for ICE servers; more than CANDIDATES_MAX

/** What a conversation reports, and what it asks for. */
export interface ConversationEvents extends Pick<ChannelEvents, "textChanged" | "sealed" | "fault"> {
  /** A text of the partner's; `n` is its number in the message lane. */
  text(n: number, text: string): void;
  /** The partner says what it agrees to. */
  step(step: Step): void;
  /** The partner reacts, by the number of the sign. */
  reaction(sign: number): void;
  /** Null: a call is over, and what was told in it. */
  partnerMedia(media: MediaState | null): void;
  /** `impossible`: this browser has no WebRTC. `none`: the two are back to text. */
  call(phase: CallPhase | "impossible" | "none"): void;
  /** The way that the call goes. */
  route(route: Route): void;
  quality(quality: Quality): void;
  /** Null: the call is over. */
  remote(stream: MediaStream | null): void;
  /** ICE servers with new credentials, or null if the server gives none. */
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

/** Our tracks, and what the partner is told about them. */
export interface Ours {
  readonly tracks: Tracks;
  readonly media: MediaState;
}

type OfCall = { readonly name: "description"; readonly value: Description } | { readonly name: "candidate"; readonly value: Candidate };

/** Passes contents between the channel, the call and the page. */
export class Conversation {
  readonly chat: string;
  private readonly talk: Talk;
  private call: Call | null = null;
  private open: Step = 0;
  private word: Step = 0; // what we last said
  private opening = 0; // an older answer about ICE servers is stale
  private early: OfCall[] | null = null; // what came while we ask for ICE servers

  constructor(
    private readonly matched: MatchedArgs,
    terms: Terms,
    relay: Relay,
    private ours: Ours,
    private readonly events: ConversationEvents,
    private tuning: Tuning,
  ) {
    this.chat = matched.chat;
    this.talk = new Talk(terms, relay, {
      ...events,
      received: (content, n) => this.received(content, n),
    });
    this.talk.start();
    if (matched.mode === "text" || matched.step_max === 0) return;
    this.open = matched.step_max;
    if (isCallPossible()) this.call = this.newCall(matched.ice_servers);
    else events.call("impossible");
    this.tellMedia();
  }

  /** Sends a text. Returns its number, or null if it can never be sent. */
  write(text: string): number | null {
    return this.talk.send({ name: "text", value: text });
  }

  /** Sends a reaction. */
  react(sign: number): void {
    this.talk.send({ name: "reaction", value: { sign } });
  }

  /** In a text chat: tells the partner what we agree to if that is new, and opens or closes what both agree to. */
  climb(word: Step, open: Step): void {
    if (open < this.open) this.openTo(open);
    if (word !== this.word) this.say(word);
    if (open > this.open) this.openTo(open);
  }

  /** Says what we agree to, also if it is the same as before: below the partner's word that is a no. */
  say(word: Step): void {
    this.word = word;
    this.talk.send({ name: "step", value: { open: word } });
  }

  /** Sends other tracks and tells the partner, if there is a call. */
  setOurs(ours: Ours): void {
    this.ours = ours;
    if (this.open === 0) return;
    this.call?.setTracks(this.tracks);
    this.tellMedia();
  }

  /** Changes how much the call uses, this one's and the next one's. */
  tune(tuning: Tuning): void {
    this.tuning = tuning;
    this.call?.tune(tuning);
  }

  /** Tries again to connect a call that has failed. */
  retryCall(): void {
    this.call?.retry();
  }

  /** Takes what the relay passed on; it may be anything. */
  receive(event: "message" | "signal", data: string): void {
    this.talk.receive(event, data);
  }

  /** Called when our connection is lost or the partner is away. */
  pause(): void {
    this.talk.pause();
    this.call?.pause();
  }

  /** Called when both are here again. */
  resume(): void {
    this.talk.resume();
    this.call?.resume();
  }

  /** Ends the channel and the call; no event follows. */
  close(): void {
    this.opening++;
    this.open = 0;
    this.talk.close();
    this.call?.close();
  }

  private received(content: Content, n: number): void {
    switch (content.name) {
      case "text":
        return this.events.text(n, content.value);
      case "description":
      case "candidate":
        return this.ofCall(content);
      case "media":
        return this.open === 0 ? undefined : this.events.partnerMedia(content.value);
      case "reaction":
        return this.events.reaction(content.value.sign);
      case "step":
        return this.matched.mode === "text" ? this.events.step(content.value.open) : undefined;
    }
  }

  /** What comes before both agree is ignored: it could only learn our address. */
  private ofCall(content: OfCall): void {
    if (this.open === 0) return;
    if (this.call !== null) give(this.call, content);
    else if (this.early !== null && this.early.length < EARLY_MAX) this.early.push(content);
  }

  private openTo(step: Step): void {
    const before = this.open;
    this.open = step;
    if (step === 0) return this.hangUp();
    if (before === 0) void this.begin();
    this.call?.setVideo(step === 2);
    this.call?.setTracks(this.tracks);
    this.tellMedia();
  }

  private async begin(): Promise<void> {
    const opening = ++this.opening;
    const early: OfCall[] = (this.early = []);
    this.events.call("connecting");
    const fresh = await this.events.freshIceServers(); // `matched` of a text chat has no TURN
    if (opening !== this.opening) return;
    const call = (this.call = this.newCall(fresh ?? this.matched.ice_servers));
    this.early = null;
    if (call !== null) for (const content of early) give(call, content);
  }

  private hangUp(): void {
    this.opening++;
    this.call?.close();
    this.call = null;
    this.early = null;
    this.events.remote(null);
    this.events.partnerMedia(null);
    this.events.call("none");
  }

  private tellMedia(): void {
    const { mic, cam } = this.ours.media;
    this.talk.send({ name: "media", value: { mic, cam: cam && this.open === 2 } });
  }

  private get tracks(): Tracks {
    const { audio, video } = this.ours.tracks;
    return { audio, video: this.open === 2 ? video : null };
  }

  /** Null, and said, if the browser lets us make none. */
  private newCall(iceServers: readonly IceServer[]): Call | null {
    const { polite, relay_only: relayOnly } = this.matched;
    const call = makeCall({ polite, relayOnly, iceServers, tracks: this.tracks, video: this.open === 2 }, this.callEvents(), this.tuning);
    if (call === null) this.events.call("failed.browser");
    return call;
  }

  private callEvents(): CallEvents {
    const { events, talk } = this;
    return {
      description: (value) => talk.send({ name: "description", value }),
      candidate: (value) => talk.send({ name: "candidate", value }),
      phase: (phase) => events.call(phase),
      route: (route) => events.route(route),
      quality: (quality) => events.quality(quality),
      remote: (stream) => events.remote(stream),
      mismatch: () => events.fault("seal_media"),
      freshIceServers: () => events.freshIceServers(),
    };
  }
}

function give(call: Call, content: OfCall): void {
  if (content.name === "description") call.receiveDescription(content.value);
  else call.receiveCandidate(content.value);
}
