// The page under test: an application of the npm package that keeps everything it is told. Tests
// drive it through `window.subject`.
import {
  connect,
  FreshetError,
  type Client,
  type ClientOptions,
  type SubscribeOptions,
  type Transport,
} from "@freshet/client";
import type { Entry } from "./record.ts";

/** What the tests publish: numbered, so that loss, repetition and disorder show. */
interface Numbered {
  n: number;
  text?: string;
}

let entries: Entry[] = [];
let client: Client<{ numbers: Numbered }> | undefined;
let crowd: { client: Client; delays: number[]; began: number }[] = [];

const subject = {
  /** Of the newest client. */
  entries: (): Entry[] => entries,

  /** A new client, subscribed to `numbers`. */
  start(options: ClientOptions, { cursor = "earliest" }: SubscribeOptions = {}): void {
    const own: Entry[] = (entries = []);
    client = connect("/", options);
    client.onState((state) => own.push({ kind: "state", state }));
    client.subscribe("numbers", {
      cursor,
      onMessage: ({ id, data }) => own.push({ kind: "message", n: data.n, id }),
      onGap: ({ reason }) => own.push({ kind: "gap", reason }),
      onLive: () => own.push({ kind: "live" }),
      onError: ({ code }) => own.push({ kind: "error", code }),
    });
  },

  /** Gives the id, or the code of the error. */
  async publish(n: number, text = ""): Promise<number | string> {
    try {
      return (await client!.publish("numbers", text ? { n, text } : { n })).id;
    } catch (error) {
      if (error instanceof FreshetError) return error.code;
      throw error;
    }
  },

  close(): void {
    client?.close();
  },

  /** Many clients, one for each of these transports, to see how they spread. */
  gather(transports: readonly Transport[]): void {
    crowd = transports.map((transport) => {
      const options: ClientOptions = { transports: [transport] };
      const one = { client: connect("/", options), delays: [] as number[], began: 0 };
      one.client.onState((state) => {
        if (state.kind === "waiting" && state.retryInMs > 0) one.delays.push(state.retryInMs);
        if (state.kind === "connecting") one.began = performance.now();
      });
      one.client.subscribe("numbers", () => {});
      return one;
    });
  },
  gathered: (): number => crowd.filter((one) => one.client.getState().kind === "live").length,
  /** How long each of them has waited since it was live, as it said itself. */
  delays: (): number[][] => crowd.map(({ delays }) => delays),
  forgetDelays(): void {
    for (const one of crowd) one.delays = [];
  },
  /** When each of them began its last attempt. */
  began: (): number[] => crowd.map(({ began }) => began),

  /** For tests that need an application of their own. */
  connect,
};

export type Subject = typeof subject;

declare global {
  interface Window {
    subject: Subject;
  }
}
window.subject = subject;
