// Makes a notice out of a published log line: what happened, how bad it is, and the line itself. Pure.

export type Level = "information" | "success" | "warning" | "error";

export interface Notice {
  title: string;
  /** What else there is to say; may be empty. */
  detail: string;
  level: Level;
}

/** Reads what anyone may have published on notifications.*: a line, or an object with a text. */
export function parse_notice(data: unknown): Notice {
  const text = text_of(data).slice(0, 2000);
  return dpkg_notice(text) ?? plain_notice(text);
}

function text_of(data: unknown): string {
  if (typeof data === "string") return data;
  if (typeof data === "object" && data !== null) {
    const { text, line } = data as Record<string, unknown>;
    if (typeof text === "string") return text;
    if (typeof line === "string") return line;
  }
  throw new TypeError("a notification is a line of text");
}

// "2026-11-24 03:59:54 status installed libgtk-3-0:amd64 3.24.38-2~deb12u3"
const dpkg_line =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (status [a-z-]+|[a-z-]+) ([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9]+)?(?: (.*))?$/;

const dpkg_words: Record<string, [string, Level]> = {
  install: ["is being installed", "information"],
  upgrade: ["is being upgraded", "information"],
  remove: ["is being removed", "information"],
  purge: ["is being purged", "information"],
  configure: ["is being configured", "information"],
  trigproc: ["runs its triggers", "information"],
  "status installed": ["is installed", "success"],
  "status unpacked": ["is unpacked", "information"],
  "status half-installed": ["is half installed", "information"],
  "status half-configured": ["is half configured", "information"],
  "status triggers-pending": ["has triggers pending", "information"],
  "status triggers-awaited": ["waits for triggers", "information"],
  "status config-files": ["left its settings behind", "information"],
  "status not-installed": ["is gone", "warning"],
};

function dpkg_notice(text: string): Notice | undefined {
  const [, verb, name, rest] = dpkg_line.exec(text) ?? [];
  const words = verb === undefined ? undefined : dpkg_words[verb];
  if (!words || name === undefined) return undefined;
  const versions = (rest ?? "").split(" ").filter((version) => version !== "<none>");
  return { title: `${name} ${words[0]}`, detail: [...new Set(versions)].join(" → "), level: words[1] };
}

// A time stamp at the start says again what stands beside the notice.
const time_stamp =
  /^(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)\s+/;

function plain_notice(text: string): Notice {
  return {
    title: text.replace(time_stamp, "").trim() || "(an empty line)",
    detail: "",
    level: level_of(text),
  };
}

function level_of(text: string): Level {
  if (/\b(error|err|fail(ed|ure)?|fatal|crit(ical)?|panic|denied|segfault)\b/i.test(text)) {
    return "error";
  }
  if (/\b(warn(ing)?|deprecated|timeout|timed out|refused|retry(ing)?)\b/i.test(text)) {
    return "warning";
  }
  return "information";
}
