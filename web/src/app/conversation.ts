// One chat: its sealed channel and, with video, its call. It is made at `matched` and closed for good at its end.

import { Call, isCallPossible, type Tracks } from "../call/call.ts";
import type { CallPhase } from "../call/recovery.ts";
import { Talk } from "../channel/talk.ts";
import type { ChannelEvents, Relay, Terms } from "../channel/terms.ts";
import type { IceServer, MatchedArgs } from "../contract.ts";
import type { Content, MediaState } from "../seal/content.ts";

/** What a conversation reports, and what it asks for. */
export interface ConversationEvents extends Pick<ChannelEvents, "textChanged" | "sealed" | "fault"> {
  /** A text of the partner's; `n` is its number in the message lane. */
  text(n: number, text: string): void;
  partnerMedia(media: MediaState): void;
  /** `impossible`: this browser has no WebRTC. */
  call(phase: CallPhase | "impossible"): void;
  remote(stream: MediaStream): void;
  /** ICE servers with new credentials for a restart, or null if the server gives none. */
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

/** Our tracks, and what the partner is told about them. */
export interface Ours {
  readonly tracks: Tracks;
  readonly media: MediaState;
}

/** Passes contents between the channel, the call and the page. */
export class Conversation {
  readonly chat: string;
  private readonly talk: Talk;
  private readonly call: Call | null = null;

  constructor(
    matched: MatchedArgs,
    terms: Terms,
    relay: Relay,
    ours: Ours,
    private readonly events: ConversationEvents,
  ) {
    this.chat = matched.chat;
    this.talk = new Talk(terms, relay, {
      ...events,
      received: (content, n) => this.received(content, n),
    });
    this.talk.start();
    if (matched.mode === "text") return;
    if (isCallPossible()) this.call = this.newCall(matched, ours.tracks);
    else events.call("impossible");
    this.talk.send({ name: "media", value: ours.media });
  }

  /** Sends a text. Returns its number, or null if it can never be sent. */
  write(text: string): number | null {
    return this.talk.send({ name: "text", value: text });
  }

  /** Sends other tracks and tells the partner; in a text chat it does nothing. */
  setOurs({ tracks, media }: Ours): void {
    if (this.call === null) return;
    this.call.setTracks(tracks);
    this.talk.send({ name: "media", value: media });
  }

  /** Takes what the relay passed on; it may be anything. */
  receive(event: "message" | "signal", data: string): void {
    this.talk.receive(event, data);
  }

  /** Called when our connection is lost or the partner is away. */
  pause(): void {
    this.talk.pause();
  }

  /** Called when both are here again. */
  resume(): void {
    this.talk.resume();
  }

  /** Ends the channel and the call; no event follows. */
  close(): void {
    this.talk.close();
    this.call?.close();
  }

  private received(content: Content, n: number): void {
    switch (content.name) {
      case "text":
        return this.events.text(n, content.value);
      case "description":
        return this.call?.receiveDescription(content.value);
      case "candidate":
        return this.call?.receiveCandidate(content.value);
      case "media":
        return this.events.partnerMedia(content.value);
    }
  }

  private newCall({ polite, relay_only, ice_servers }: MatchedArgs, tracks: Tracks): Call {
    const { events, talk } = this;
    return new Call(
      { polite, relayOnly: relay_only, iceServers: ice_servers, tracks },
      {
        description: (value) => talk.send({ name: "description", value }),
        candidate: (value) => talk.send({ name: "candidate", value }),
        phase: (phase) => events.call(phase),
        remote: (stream) => events.remote(stream),
        mismatch: () => events.fault("seal_media"),
        freshIceServers: () => events.freshIceServers(),
      },
    );
  }
}
