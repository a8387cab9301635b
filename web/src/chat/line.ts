// What one chat message carries, and how the page reads it. Pure.

export const text_length_max = 2000;
export const name_length_max = 24;

/** The data of one message on chat.lobby. */
export interface Line {
  name: string;
  text: string;
  /** Whose page it came from; only to tell one's own messages. */
  author?: string;
  /** Made by the sender for each message, so that its page knows it again when it comes back. */
  tag?: string;
}

/**
 * Reads what anyone may have published: `freshet pub chat.lobby '{"text":"hi"}'` has no name, and
 * a plain string is a text too. Throws on anything else.
 */
export function parse_line(data: unknown): Line {
  if (typeof data === "string") return { name: "someone", text: clip(data, text_length_max) };
  if (typeof data !== "object" || data === null) throw new TypeError("a line is an object");
  const { name, text, author, tag } = data as Record<string, unknown>;
  if (typeof text !== "string") throw new TypeError("a line has a text");
  return {
    name: typeof name === "string" && name.trim() ? clip(name.trim(), name_length_max) : "someone",
    text: clip(text, text_length_max),
    ...(typeof author === "string" && { author }),
    ...(typeof tag === "string" && { tag }),
  };
}

/** Whether `line` continues what was said before it, so that its name need not be repeated. */
export function continues(
  before: { line: Line; time: number } | undefined,
  line: Line,
  time: number,
): boolean {
  if (!before) return false;
  return (
    before.line.name === line.name &&
    before.line.author === line.author &&
    time - before.time < 3 * 60_000
  );
}

function clip(text: string, length_max: number): string {
  return text.length > length_max ? `${text.slice(0, length_max - 1)}…` : text;
}
