// The opening picture: four clients, one per transport, subscribed to the same prices.
import { connect, type Client, type Transport } from "@freshet/client";
import type { CuttableNetwork } from "../shell/cuttable_network.ts";
import { required, set_text, wants_little_motion } from "../shell/dom.ts";
import { Meter } from "../shell/meter.ts";
import { latency_words, state_words } from "../shell/state_words.ts";
import { ChannelPicture } from "./channel_picture.ts";
import { Flow, Published } from "./flow.ts";

const count_words = new Intl.NumberFormat("en");

interface Channel {
  transport: Transport;
  meter: Meter;
  flow: Flow;
  picture: ChannelPicture;
  /** The newest id that arrived here; nothing is held for it before its first. */
  newest: number | undefined;
  client: Client | undefined;
  state_since: number;
  state_text: HTMLElement;
  median_text: HTMLElement;
  held_text: HTMLElement;
  arrived_text: HTMLElement;
}

export class Channels {
  private readonly published_ = new Published();
  private readonly channels_: Channel[];
  private drawn_at_ = 0;
  private written_at_ = 0;

  constructor(
    transports: readonly Transport[],
    private readonly network_: CuttableNetwork,
  ) {
    this.channels_ = transports.map((transport) => make_channel(transport));
    // A page in the background gives its connections back: a browser has six for one server.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.close();
      else this.open();
    });
    if (!document.hidden) this.open();
    const frame = (at: number): void => {
      const interval = wants_little_motion() ? 1000 : 0;
      if (at - this.drawn_at_ >= interval) {
        this.drawn_at_ = at;
        this.draw();
      }
      if (at - this.written_at_ >= 100) {
        this.written_at_ = at;
        this.write();
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  private open(): void {
    for (const channel of this.channels_) {
      if (channel.client) continue;
      const client = connect("/", {
        transports: [channel.transport],
        webSocket: this.network_.web_socket,
        eventSource: this.network_.event_source,
        fetch: this.network_.fetch,
      });
      channel.client = client;
      channel.newest = undefined;
      client.onState((state) => {
        channel.state_since = performance.now();
        channel.meter.handle_state(state, Date.now());
      });
      client.subscribe("prices.*", {
        onMessage: (message) => {
          channel.meter.handle_message("prices", message, Date.now());
          channel.flow.add(performance.now());
          channel.newest = message.id;
          this.published_.add(message.id);
        },
        onGap: () => {
          channel.meter.handle_gap("prices");
          channel.newest = undefined;
          this.published_.clear();
        },
      });
    }
  }

  private close(): void {
    for (const channel of this.channels_) {
      channel.client?.close();
      channel.client = undefined;
    }
  }

  private draw(): void {
    const now = performance.now();
    for (const channel of this.channels_) {
      channel.flow.trim(now);
      channel.picture.draw(now, this.held(channel), channel.flow);
    }
  }

  private held({ newest }: Channel): number {
    return newest === undefined ? 0 : this.published_.behind(newest);
  }

  private write(): void {
    const now = performance.now();
    for (const channel of this.channels_) {
      const { client, meter, transport } = channel;
      meter.trim(Date.now());
      const state = client?.getState();
      if (state) {
        const words = state.kind === "live" ? "live" : state_words(state, now - channel.state_since);
        set_text(channel.state_text, words);
        channel.state_text.dataset.kind = state.kind;
      }
      const figures = meter.figures(transport);
      if (figures) set_text(channel.median_text, latency_words(figures.median));
      set_text(channel.held_text, count_words.format(this.held(channel)));
      set_text(channel.arrived_text, count_words.format(meter.messages));
    }
  }
}

function make_channel(transport: Transport): Channel {
  const place = required(`#channels [data-transport="${transport}"]`, HTMLElement);
  return {
    transport,
    meter: new Meter(),
    flow: new Flow(),
    picture: new ChannelPicture(required("canvas", HTMLCanvasElement, place), transport),
    newest: undefined,
    client: undefined,
    state_since: 0,
    state_text: required("[data-state]", HTMLElement, place),
    median_text: required("[data-median]", HTMLElement, place),
    held_text: required("[data-held]", HTMLElement, place),
    arrived_text: required("[data-arrived]", HTMLElement, place),
  };
}
