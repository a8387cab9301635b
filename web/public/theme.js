// Runs before the first paint: the chosen theme, else the system's, so that styles need only this
// attribute and never flash up in the other theme.
let theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
try {
  const chosen = localStorage.getItem("freshet-theme");
  if (chosen === "dark" || chosen === "light") theme = chosen;
} catch {
  // Storage may be barred; the system's preference rules then.
}
document.documentElement.dataset.theme = theme;
