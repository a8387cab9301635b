// What a run shows, in two sentences. Pure.
import { type Figures, type Settings, end_ms } from "./model.ts";
import { count_words, seconds_words, share_words } from "./scales.ts";

/** `figures` of the whole run, ours first; `names` of the others behind. */
export function verdict(
  settings: Settings,
  figures: readonly Figures[],
  names: readonly string[],
): string {
  const [ours, ...others] = figures;
  if (!ours) return "";
  const said = [
    `No server that admits ${count_words(settings.rate)} clients a second can have all ` +
      `${count_words(settings.clients)} back before ${seconds_words(ours.ideal)}. ` +
      `Freshet ${return_words(settings, ours)}; at most ${count_words(ours.peak)} came in a tenth of a second.`,
  ];
  let worst = -1;
  others.forEach(({ peak }, index) => {
    if (peak > (others[worst]?.peak ?? ours.peak)) worst = index;
  });
  const other = others[worst];
  if (other) {
    const times = other.peak / ours.peak;
    const more = times >= 1.5 ? `, ${count_words(Math.round(times))} times as many` : "";
    said.push(
      `With ${names[worst]} ${count_words(other.peak)} came at once${more}, and it ` +
        `${return_words(settings, other)}.`,
    );
  }
  return said.join(" ");
}

function return_words(settings: Settings, figures: Figures): string {
  const { most, ideal, recovered, clients, gaveUp } = figures;
  if (!Number.isNaN(most)) {
    const times = (most / ideal).toFixed(2);
    return `has 99 % back after ${seconds_words(most)}, ${times} times that`;
  }
  const gave_up = gaveUp > 0 ? `, while ${share_words(gaveUp, clients)} gave up` : "";
  return `has ${share_words(recovered, clients)} back after ${seconds_words(end_ms(settings))}${gave_up}`;
}
