// Who this tab is: a name the user may change, and an id that outlives a reload. Both are kept per
// tab, so that two tabs are two people.

const rivers = [
  "Ammer", "Isar", "Loisach", "Lech", "Iller", "Wertach", "Mangfall", "Inn", "Salzach", "Traun",
  "Enns", "Drau", "Mur", "Neckar", "Tauber", "Main", "Regen", "Naab", "Lahn", "Sieg", "Ruhr",
  "Weser", "Aller", "Eider", "Spree", "Havel", "Oder", "Saale", "Unstrut", "Mulde",
];

export interface Identity {
  readonly author: string;
  name: string;
}

export function load_identity(): Identity {
  const kept = read();
  if (kept) return kept;
  const made = {
    author: random_id(),
    name: rivers[Math.floor(Math.random() * rivers.length)] ?? "Isar",
  };
  keep_identity(made);
  return made;
}

export function keep_identity(identity: Identity): void {
  try {
    sessionStorage.setItem("freshet-chat", JSON.stringify(identity));
  } catch {
    // Storage may be barred; the identity then lasts as long as the page.
  }
}

/** 16 random bytes in hex. `crypto.randomUUID` is missing where a page came over plain HTTP. */
export function random_id(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read(): Identity | undefined {
  try {
    const { author, name } = JSON.parse(sessionStorage.getItem("freshet-chat") ?? "") as Identity;
    if (typeof author === "string" && typeof name === "string") return { author, name };
  } catch {
    // Nothing kept, or not by us.
  }
  return undefined;
}
