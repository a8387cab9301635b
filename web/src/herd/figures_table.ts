// The table below the pictures: what was known of each policy at the moment that is shown.
import { element, required } from "../shell/dom.ts";
import { end_ms } from "./model.ts";
import type { Look } from "./pictures.ts";
import type { Recording } from "./recording.ts";
import { count_words, seconds_words } from "./scales.ts";

const rows = required("#figures", HTMLTableSectionElement);

export function show_table(looks: readonly Look[], recording: Recording, at: number): void {
  const is_over = recording.done && at >= recording.until;
  rows.replaceChildren(
    ...looks.map(({ name, words, colour }, index) => {
      const moment = recording.moment(index, at);
      const gave_up = recording.figures(index)?.gaveUp ?? 0;
      const back_by = (time: number): string => {
        if (!Number.isNaN(time)) return seconds_words(time);
        if (!is_over) return "not yet";
        return gave_up > 0 ? "never" : `> ${Math.round(end_ms(recording.order.settings) / 1000)} s`;
      };
      const cell = (text: string) => element("td", { class: "number" }, text);
      return element(
        "tr",
        { "data-policy": name },
        element(
          "th",
          { scope: "row" },
          element("span", { class: `key key-${colour}`, "aria-hidden": "true" }),
          words,
        ),
        element("td", { class: "number half-column" }, back_by(moment.half)),
        cell(back_by(moment.most)),
        cell(back_by(moment.all)),
        cell(count_words(moment.peak)),
        cell(moment.triesMean.toFixed(1)),
      );
    }),
  );
}
