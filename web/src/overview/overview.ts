// The start page: four channels side by side, a glimpse of each application, and code to copy.
import "../styles/overview.css";
import { connect } from "@freshet/client";
import { parse_line } from "../chat/line.ts";
import { parse_notice } from "../notifications/notice.ts";
import { make_cuttable_network } from "../shell/cuttable_network.ts";
import { start_cut_button } from "../shell/cut_button.ts";
import { show_hint } from "../shell/hint.ts";
import { required, set_text } from "../shell/dom.ts";
import { StatePill } from "../shell/state_pill.ts";
import { start_theme_toggle } from "../shell/theme.ts";
import { transports } from "../shell/transports.ts";
import { parse_price } from "../ticker/price.ts";
import { money } from "../ticker/words.ts";
import { Channels } from "./channels.ts";
import { start_tabs } from "./tabs.ts";

start_theme_toggle();
start_tabs();
const network = make_cuttable_network();
start_cut_button(network, "all four lines");
new Channels(transports, network);

// The glimpses have a client of their own, with the defaults an application would have.
const client = connect("/", {
  webSocket: network.web_socket,
  eventSource: network.event_source,
  fetch: network.fetch,
});
const pill = new StatePill();
client.onState((state) => {
  pill.show(state);
  show_hint(state, network.is_cut);
});

glimpse("prices.*", "#glimpse-prices", (data) => {
  const { symbol, price } = parse_price(data);
  return `${symbol} ${money(price)}`;
});
glimpse("chat.lobby", "#glimpse-chat", (data) => {
  const { name, text } = parse_line(data);
  return `${name}: ${text}`;
});
glimpse("notifications.*", "#glimpse-notifications", (data) => parse_notice(data).title);

function glimpse(pattern: string, place: string, words: (data: unknown) => string): void {
  const target = required(place, HTMLElement);
  client.subscribe<string, string>(pattern, {
    cursor: "last:1",
    parse: words,
    onMessage: ({ data }) => set_text(target, data),
    onError: (error) => console.warn(`freshet: ${error.message}`),
  });
}
