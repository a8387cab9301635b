// Types only: compiled by `npm test` with tsc, which is the test.

import { test } from "node:test";
import type { Client, DataOf, Message, State } from "@freshet/client";

type Price = { bid: number };
type Text = { text: string };
type Topics = { "prices.*": Price; "chat.>": Text; "chat.lobby": Text & { pinned: boolean } };

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};

export function typed(client: Client<Topics>, room: string, untyped: Client): void {
  client.subscribe("prices.*", (message) => holds<Same<typeof message, Message<Price>>>());
  client.subscribe("prices.*", {
    onMessage: (message) => holds<Same<typeof message.data, Price>>(),
  });
  client.subscribe("elsewhere", (message) => holds<Same<typeof message.data, unknown>>());
  client.subscribe("elsewhere", {
    parse: () => 7,
    onMessage: (message) => holds<Same<typeof message.data, number>>(),
  });
  untyped.subscribe("prices.*", (message) => holds<Same<typeof message.data, unknown>>());
  void client.publish("prices.AAPL", { bid: 1 });
  // @ts-expect-error: a price has no text.
  void client.publish("prices.AAPL", { text: "x" });
  // @ts-expect-error: the text is missing.
  void client.publish(`chat.${room}`, {});
  // @ts-expect-error: no such transport.
  client.setTransports(["carrier-pigeon"]);
  // @ts-expect-error: a subscription with a listener is not a stream.
  client.subscribe("prices.*", () => {})[Symbol.asyncIterator]();
}

export async function loops(client: Client<Topics>): Promise<void> {
  for await (const message of client.subscribe("prices.*")) {
    holds<Same<typeof message.data, Price>>();
  }
}

export function states(state: State): string {
  switch (state.kind) {
    case "idle":
      return "";
    case "connecting":
    case "live":
      return state.transport;
    case "waiting":
      return `${state.retryInMs} ${state.reason}`;
    case "closed":
      return state.error?.code ?? "";
  }
}

holds<Same<DataOf<Topics, "prices.AAPL">, Price>>();
holds<Same<DataOf<Topics, "prices.AAPL.bid">, unknown>>();
holds<Same<DataOf<Topics, "prices.>">, unknown>>();
holds<Same<DataOf<Topics, "chat.a.b">, Text>>();
holds<Same<DataOf<Topics, "chat.lobby">, Text & { pinned: boolean }>>();
holds<Same<DataOf<Topics, "chat.>">, Text>>();
holds<Same<DataOf<Topics, string>, unknown>>();

test("the type tests of this file compile", () => {});
