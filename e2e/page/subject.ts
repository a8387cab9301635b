// The page under test: an application of the npm package that keeps everything it is told. Tests
// drive it through `window.subject`.
import {
  connect,
  FreshetError,
  type Client,
  type ClientOptions,
  type SubscribeOptions,
} from "@freshet/client";
import type { Entry } from "./record.ts";

/** What the tests publish: numbered, so that loss, repetition and disorder show. */
interface Numbered {
  n: number;
}

const client_entries: Entry[] = [];
let client: Client<{ numbers: Numbered }> | undefined;

const subject = {
  entries: client_entries,

  /** One client, subscribed to `numbers`. */
  start(options: ClientOptions, { cursor = "earliest" }: SubscribeOptions = {}): void {
    client = connect("/", options);
    client.onState((state) => client_entries.push({ kind: "state", state }));
    client.subscribe("numbers", {
      cursor,
      onMessage: ({ id, data }) => client_entries.push({ kind: "message", n: data.n, id }),
      onGap: ({ reason }) => client_entries.push({ kind: "gap", reason }),
      onLive: () => client_entries.push({ kind: "live" }),
      onError: ({ code }) => client_entries.push({ kind: "error", code }),
    });
  },

  /** Gives the id, or the code of the error. */
  async publish(n: number): Promise<number | string> {
    try {
      return (await client!.publish("numbers", { n })).id;
    } catch (error) {
      if (error instanceof FreshetError) return error.code;
      throw error;
    }
  },

  close(): void {
    client?.close();
  },

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
