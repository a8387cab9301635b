// The herd model: server/herd as WebAssembly (web/model). The only file that knows the module's exports and memory.

export interface Settings {
  clients: number;
  /** Milliseconds without a server. */
  down: number;
  /** Clients a second that the server admits. */
  rate: number;
  /** How many it admits at once. */
  burst: number;
  /** Whether the clients were told no window yet. */
  cold: boolean;
  /** Whether the server tells a newcomer above its rate when to come. */
  tickets: boolean;
}

export interface Policy {
  readonly index: number;
  readonly name: string;
  readonly summary: string;
  /** "peer": another client's default. */
  readonly kind: "ours" | "textbook" | "peer";
}

/** Times are milliseconds from the loss; NaN: never. */
export interface Figures {
  readonly clients: number;
  readonly recovered: number;
  readonly gaveUp: number;
  readonly ideal: number;
  readonly half: number;
  readonly most: number;
  readonly all: number;
  readonly peak: number;
  readonly triesMean: number;
}

/** Of one slot of 100 ms. */
export interface Slots {
  readonly arrivals: Uint32Array;
  readonly recovered: Uint32Array;
}

export const slotMs = 100;
/**
 * Where the model ends, whoever is still away, for some policies never bring all back: four minutes,
 * or somewhat more than the best server needs where that is longer; at most an hour.
 */
export function end_ms({ clients, down, rate }: Pick<Settings, "clients" | "down" | "rate">): number {
  return Math.min(3_600_000, Math.max(240_000, Math.round(1.3 * (down + (clients / rate) * 1000))));
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  formula_count(): number;
  formula_name(formula: number): number;
  formula_summary(formula: number): number;
  formula_kind(formula: number): number;
  fault_words(): number;
  herd_make(
    formula: number,
    clients: number,
    down: number,
    rate: number,
    burst: number,
    cold: number,
    tickets: number,
    end: number,
    seed: number,
  ): number;
  herd_free(herd: number): void;
  herd_advance(herd: number, until: number): number;
  herd_slots(herd: number): number;
  herd_slot_count(herd: number): number;
  herd_figures(herd: number): number;
}

const kinds = ["ours", "textbook", "peer"] as const;

export class Model {
  readonly policies: readonly Policy[];

  private constructor(private readonly exports_: Exports) {
    this.policies = Array.from({ length: exports_.formula_count() }, (_, index) => ({
      index,
      name: this.words(exports_.formula_name(index)),
      summary: this.words(exports_.formula_summary(index)),
      kind: kinds[exports_.formula_kind(index)] ?? "peer",
    }));
  }

  static async load(wasm: BufferSource): Promise<Model> {
    const { instance } = await WebAssembly.instantiate(wasm, {
      env: { emscripten_notify_memory_growth: () => {} },
    });
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new Model(exports);
  }

  /** To be freed. Throws a RangeError that says which setting makes no sense. */
  herd(policy: Policy, settings: Settings, seed = 1): Herd {
    const { clients, down, rate, burst, cold, tickets } = settings;
    const made = this.exports_.herd_make(
      policy.index,
      clients,
      down,
      rate,
      burst,
      Number(cold),
      Number(tickets),
      end_ms(settings),
      seed,
    );
    if (made === 0) throw new RangeError(this.words(this.exports_.fault_words()));
    return new Herd(this.exports_, made);
  }

  private words(place: number): string {
    const view = new DataView(this.exports_.memory.buffer);
    const begin = view.getUint32(place, true);
    const bytes = new Uint8Array(view.buffer, begin, view.getUint32(place + 4, true));
    return new TextDecoder().decode(bytes);
  }
}

export class Herd {
  constructor(
    private readonly exports_: Exports,
    private readonly herd_: number,
  ) {}

  /** Runs until `until` milliseconds after the loss; true: nothing is left to happen. */
  advance(until: number): boolean {
    return this.exports_.herd_advance(this.herd_, until) === 1;
  }

  /** A copy, from the slot `from` on. */
  slots(from = 0): Slots {
    const count = this.exports_.herd_slot_count(this.herd_);
    const begin = this.exports_.herd_slots(this.herd_);
    const flat = new Uint32Array(this.exports_.memory.buffer, begin, count * 3);
    const column = (at: number) =>
      Uint32Array.from({ length: Math.max(0, count - from) }, (_, i) => flat[(from + i) * 3 + at]!);
    return { arrivals: column(0), recovered: column(2) };
  }

  figures(): Figures {
    const flat = new Float64Array(
      this.exports_.memory.buffer,
      this.exports_.herd_figures(this.herd_),
      15,
    );
    const at = (index: number): number => flat[index]!;
    return {
      clients: at(0),
      recovered: at(1),
      gaveUp: at(2),
      ideal: at(3),
      half: at(5),
      most: at(6),
      all: at(7),
      peak: at(8),
      triesMean: at(10),
    };
  }

  free(): void {
    this.exports_.herd_free(this.herd_);
  }
}
