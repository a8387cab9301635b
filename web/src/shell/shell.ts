// What every application page shares: one client on a line that can be cut, the state in the
// header, the transport switch, the latency chart and the counters.
//
//   const { client, meter } = start_shell("feed");
//   client.subscribe("prices.*", { onMessage: (m) => { meter.message("prices", m); … } });
import "../styles/shell.css";
import "uplot/dist/uPlot.min.css";
import { connect, type Client, type State, type Transport } from "@freshet/client";
import { make_cuttable_network, type CuttableNetwork } from "./cuttable_network.ts";
import { start_cut_button } from "./cut_button.ts";
import { required, set_text } from "./dom.ts";
import { show_hint } from "./hint.ts";
import { LatencyChart } from "./latency_chart.ts";
import { Meter } from "./meter.ts";
import { StatePill } from "./state_pill.ts";
import { latency_words } from "./state_words.ts";
import { start_theme_toggle } from "./theme.ts";
import { TransportSwitch, choice_of_address } from "./transport_switch.ts";
import { transport_words, type Choice } from "./transports.ts";

/** The orders that "Auto" means; the client's profiles of the same names. */
const orders: Record<"bidirectional" | "feed", Transport[]> = {
  bidirectional: ["websocket", "sse", "long-polling", "polling"],
  feed: ["sse", "websocket", "long-polling", "polling"],
};

export interface Shell<Topics extends object> {
  client: Client<Topics>;
  /** To be told of every message and gap of the page, under a name for its subscription. */
  count: {
    message(source: string, message: { id: number; time: number }): void;
    gap(source: string): void;
  };
  network: CuttableNetwork;
}

export function start_shell<Topics extends object>(profile: keyof typeof orders): Shell<Topics> {
  start_theme_toggle();
  const network = make_cuttable_network();
  const list_of = (choice: Choice): Transport[] =>
    choice === "auto" ? orders[profile] : [choice];
  const chosen = choice_of_address();
  const client = connect<Topics>("/", {
    transports: list_of(chosen),
    webSocket: network.web_socket,
    eventSource: network.event_source,
    fetch: network.fetch,
  });

  const meter = new Meter();
  const pill = new StatePill();
  const transport_switch = new TransportSwitch(chosen, (choice) =>
    client.setTransports(list_of(choice)),
  );
  const handle_state = (state: State): void => {
    meter.handle_state(state, Date.now());
    pill.show(state);
    transport_switch.show_unavailable(state.unavailable);
    show_hint(state, network.is_cut);
  };
  client.onState(handle_state);

  new LatencyChart(required("#latency-chart", HTMLElement), meter);
  start_cut_button(network, "the line");
  start_counters(meter, transport_switch, client);

  return {
    client,
    network,
    count: {
      message: (source, message) => meter.handle_message(source, message, Date.now()),
      gap: (source) => meter.handle_gap(source),
    },
  };
}

function start_counters<Topics extends object>(
  meter: Meter,
  transport_switch: TransportSwitch,
  client: Client<Topics>,
): void {
  const cells = {
    messages: required("#count-messages", HTMLElement),
    replayed: required("#count-replayed", HTMLElement),
    gaps: required("#count-gaps", HTMLElement),
    reconnects: required("#count-reconnects", HTMLElement),
  };
  const note = required("#gauge-note", HTMLElement);
  const count = new Intl.NumberFormat("en");
  const write = (): void => {
    set_text(cells.messages, count.format(meter.messages));
    set_text(cells.replayed, count.format(meter.replayed));
    set_text(cells.gaps, count.format(meter.gaps));
    set_text(cells.reconnects, count.format(meter.reconnects));
    const state = client.getState();
    const auto = choice_of_address() === "auto" && state.kind === "live";
    transport_switch.show_figures(meter, auto ? transport_words[state.transport] : "");
    set_text(note, order_words(meter, state));
  };
  write();
  setInterval(write, 250);
}

function order_words(meter: Meter, state: State): string {
  if (meter.disordered > 0) return `${meter.disordered} messages came twice or out of order.`;
  if (state.kind !== "live") return "While the line is down, messages wait on the server.";
  const figures = meter.figures(state.transport);
  if (!figures) return "No live message yet. The chart begins with the first.";
  const within = `Half within ${latency_words(figures.median)}, 99 of 100 within ${latency_words(figures.p99)}.`;
  return `${within} None twice, none out of order.`;
}
