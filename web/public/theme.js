// Runs before the first paint, so that a chosen theme never flashes up in the other one.
try {
  const theme = localStorage.getItem("freshet-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be barred; the system's preference rules then.
}
