// What the lab shows, as the address has it, so that a link shows the same: "?clients=200&down=0". Pure.
import type { Settings } from "./model.ts";
import { position_of, scales, value_at } from "./scales.ts";

/** Seconds of the model in a second of ours; Infinity: as fast as it can be computed. */
export type Speed = 1 | 10 | 100 | typeof Infinity;
export const speeds: readonly Speed[] = [1, 10, 100, Infinity];

export interface LabState {
  settings: Settings;
  /** Other clients beside ours, by name. */
  compared: readonly string[];
  /** Nothing: as the page finds it fit. */
  speed: Speed | undefined;
}

export const compared_max = 4;

export const first_state: LabState = {
  settings: { clients: 100_000, down: 10_000, rate: 2000, burst: 50, cold: false, tickets: true },
  compared: ["socket.io", "centrifuge", "eventsource"],
  speed: undefined,
};

/** Reads a query; what makes no sense in it is as at first, or the nearest that does. */
export function read_state(query: string): LabState {
  const asked = new URLSearchParams(query);
  const { settings, compared } = first_state;
  const stop = (name: keyof typeof scales, otherwise: number): number => {
    const text = asked.get(name);
    const value = Number(text);
    if (!text || !Number.isFinite(value)) return otherwise;
    return value_at(scales[name], position_of(scales[name], value));
  };
  const names = asked.get("with")?.split(",").filter(Boolean);
  return {
    settings: {
      clients: stop("clients", settings.clients),
      down: stop("down", settings.down / 1000) * 1000,
      rate: stop("rate", settings.rate),
      burst: stop("burst", settings.burst),
      cold: asked.get("cold") === "on",
      tickets: asked.get("tickets") !== "off",
    },
    compared: names ? [...new Set(names)].slice(0, compared_max) : compared,
    speed: speeds.find((speed) => speed_name(speed) === asked.get("speed")),
  };
}

/** The query that read_state() understands: only what is not as at first. */
export function write_state({ settings, compared, speed }: LabState): string {
  const first = first_state.settings;
  const said: string[] = [];
  for (const name of ["clients", "down", "rate", "burst"] as const) {
    const value = name === "down" ? settings.down / 1000 : settings[name];
    if (settings[name] !== first[name]) said.push(`${name}=${value}`);
  }
  if (settings.cold) said.push("cold=on");
  if (!settings.tickets) said.push("tickets=off");
  const names = compared.map(encodeURIComponent).join();
  if (names !== first_state.compared.join()) said.push(`with=${names}`);
  if (speed !== undefined) said.push(`speed=${speed_name(speed)}`);
  return said.length === 0 ? "" : `?${said.join("&")}`;
}

export function speed_name(speed: Speed): string {
  return speed === Infinity ? "max" : String(speed);
}
