// One chat: its channel and, with video, its call. Made at `matched`, closed for good at its end.

import { Call, isCallPossible, type CallPhase, type Tracks } from "../call/call.ts";
import { Channel, type ChannelEvents, type Relay } from "../channel/channel.ts";
import type { Content, MediaState } from "../channel/envelope.ts";
import type { IceServer, MatchedArgs } from "../contract.ts";

export interface ConversationEvents extends Pick<ChannelEvents, "textChanged"> {
  text(n: number, text: string): void;
  partnerMedia(media: MediaState): void;
  call(phase: CallPhase | "impossible"): void;
  remote(stream: MediaStream): void;
  freshIceServers(): Promise<readonly IceServer[] | null>;
}

export interface Ours {
  readonly tracks: Tracks;
  readonly media: MediaState;
}

export class Conversation {
  readonly chat: string;
  private readonly channel: Channel;
  private readonly call: Call | null = null;

  constructor(
    matched: MatchedArgs,
    relay: Relay,
    limits: { readonly message: number; readonly signal: number },
    ours: Ours,
    private readonly events: ConversationEvents,
  ) {
    this.chat = matched.chat;
    this.channel = new Channel(matched.chat, relay, this.channelEvents(), limits);
    if (matched.mode === "text") return;
    this.channel.send("media", ours.media);
    if (isCallPossible()) this.call = this.newCall(matched, ours.tracks);
    else events.call("impossible");
  }

  /** The number of the text, or null if it can never be sent. */
  write(text: string): number | null {
    return this.channel.send("text", { text });
  }

  setOurs({ tracks, media }: Ours): void {
    if (this.call === null) return;
    this.call.setTracks(tracks);
    this.channel.send("media", media);
  }

  receive(event: "message" | "signal", data: string): void {
    this.channel.receive(event, data);
  }

  pause(): void {
    this.channel.pause();
  }

  resume(): void {
    this.channel.resume();
  }

  close(): void {
    this.channel.close();
    this.call?.close();
  }

  private channelEvents(): ChannelEvents {
    return {
      received: (content, n) => this.received(content, n),
      textChanged: (n, delivery) => this.events.textChanged(n, delivery),
    };
  }

  private received(content: Content, n: number): void {
    switch (content.kind) {
      case "text":
        return this.events.text(n, content.body.text);
      case "description":
        return this.call?.receiveDescription(content.body);
      case "candidate":
        return this.call?.receiveCandidate(content.body);
      case "media":
        return this.events.partnerMedia(content.body);
    }
  }

  private newCall({ polite, relay_only, ice_servers }: MatchedArgs, tracks: Tracks): Call {
    const { events, channel } = this;
    return new Call(
      { polite, relayOnly: relay_only, iceServers: ice_servers, tracks },
      {
        description: (description) => channel.send("description", description),
        candidate: (candidate) => channel.send("candidate", candidate),
        phase: (phase) => events.call(phase),
        remote: (stream) => events.remote(stream),
        freshIceServers: () => events.freshIceServers(),
      },
    );
  }
}
