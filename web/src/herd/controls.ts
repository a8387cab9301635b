// The sliders, the switches, and which other clients are shown beside ours.
import { element, required, set_text } from "../shell/dom.ts";
import { compared_max, type LabState } from "./lab_state.ts";
import type { Settings } from "./model.ts";
import { count_words, position_of, scales, seconds_words, unbroken, value_at } from "./scales.ts";

/** What most people have met; the rest is one step away. */
const in_sight = [
  ...["socket.io", "centrifuge", "eventsource", "signalr", "pusher", "ably", "phoenix"],
  ...["reconnecting-websocket", "nats.js", "full"],
];

const names = ["clients", "down", "rate", "burst"] as const;

export interface Offer {
  readonly name: string;
  readonly summary: string;
}

export class Controls {
  private readonly inputs_ = {
    clients: required("#clients", HTMLInputElement),
    down: required("#down", HTMLInputElement),
    rate: required("#rate", HTMLInputElement),
    burst: required("#burst", HTMLInputElement),
  };
  private readonly cold_ = required("#cold", HTMLInputElement);
  private readonly tickets_ = required("#tickets", HTMLInputElement);
  private readonly choices_ = required(".herd-policies", HTMLFieldSetElement);
  private readonly boxes_ = new Map<string, HTMLInputElement>();
  /** Each place has a colour; who leaves one leaves the others in theirs. */
  private places_: (string | undefined)[] = Array<undefined>(compared_max).fill(undefined);

  constructor(on_change: () => void) {
    for (const name of names) {
      this.inputs_[name].max = String(scales[name].length - 1);
      this.inputs_[name].addEventListener("input", () => {
        this.write();
        on_change();
      });
    }
    for (const box of [this.cold_, this.tickets_]) box.addEventListener("change", on_change);
    this.choices_.addEventListener("change", ({ target }) => {
      const { value, checked } = target as HTMLInputElement;
      const place = this.places_.indexOf(checked ? undefined : value);
      if (place >= 0) this.places_[place] = checked ? value : undefined;
      this.write();
      on_change();
    });
  }

  /** One box for each policy, so many of them at once as there are colours. */
  offer(offers: readonly Offer[]): void {
    const rank = ({ name }: Offer): number => (in_sight.indexOf(name) + 1 || in_sight.length + 1);
    const known = required("#policies", HTMLElement);
    const more = required("#more-policies", HTMLElement);
    for (const one of [...offers].sort((a, b) => rank(a) - rank(b))) {
      const box = element("input", { type: "checkbox", value: one.name });
      const words = element("span", {}, one.name, element("small", {}, unbroken(one.summary)));
      this.boxes_.set(one.name, box);
      (in_sight.includes(one.name) ? known : more).append(
        element("label", { class: "herd-policy" }, box, words),
      );
    }
  }

  read(): { settings: Settings; places: readonly (string | undefined)[] } {
    const at = (name: (typeof names)[number]): number =>
      value_at(scales[name], this.inputs_[name].valueAsNumber);
    return {
      settings: {
        clients: at("clients"),
        down: at("down") * 1000,
        rate: at("rate"),
        burst: at("burst"),
        cold: this.cold_.checked,
        tickets: this.tickets_.checked,
      },
      places: this.places_,
    };
  }

  /** Sets all of them; policies that nobody offered are left out. */
  set({ settings, compared }: LabState): void {
    for (const name of names) {
      const value = name === "down" ? settings.down / 1000 : settings[name];
      this.inputs_[name].value = String(position_of(scales[name], value));
    }
    this.cold_.checked = settings.cold;
    this.tickets_.checked = settings.tickets;
    const known = compared.filter((name) => this.boxes_.has(name));
    this.places_ = Array.from({ length: compared_max }, (_, index) => known[index]);
    this.write();
  }

  private write(): void {
    const { clients, down, rate, burst } = this.read().settings;
    const said = {
      clients: count_words(clients),
      down: down === 0 ? "0 s" : seconds_words(down).replace(".0 s", " s"),
      rate: `${count_words(rate)} a second`,
      burst: count_words(burst),
    };
    for (const name of names) {
      set_text(required(`#${name}-words`, HTMLOutputElement), said[name]);
      this.inputs_[name].setAttribute("aria-valuetext", said[name]);
    }
    const is_full = !this.places_.includes(undefined);
    for (const [name, box] of this.boxes_) {
      box.checked = this.places_.includes(name);
      box.disabled = is_full && !box.checked;
    }
  }
}
