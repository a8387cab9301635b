// Dark and light: the system's preference until the button in the header says otherwise.
import { required } from "./dom.ts";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

// public/theme.js has set it before the first paint.
function is_dark(): boolean {
  return document.documentElement.dataset.theme === "dark";
}

function has_chosen(): boolean {
  try {
    return localStorage.getItem("freshet-theme") !== null;
  } catch {
    return false; // Storage may be barred; a choice then lasts until the system's changes.
  }
}

/** Calls `listener` whenever the colours on the page have changed; for what is drawn by hand. */
export function on_theme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The value of a colour of the style sheet, as the current theme has it. */
export function theme_colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function start_theme_toggle(): void {
  const button = required("#theme-toggle", HTMLButtonElement);
  const tell = (): void => {
    button.setAttribute("aria-pressed", String(is_dark()));
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    const theme = is_dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("freshet-theme", theme);
    } catch {
      // Storage may be barred; the choice then lasts as long as the page.
    }
    tell();
  });
  system.addEventListener("change", () => {
    if (has_chosen()) return;
    document.documentElement.dataset.theme = system.matches ? "dark" : "light";
    tell();
  });
  button.setAttribute("aria-pressed", String(is_dark()));
}
