// Debian's browsers, and what they need to run headless, as root, and without calling home.

export const chromiumProgram = "/usr/bin/chromium";
export const firefoxProgram = "/usr/bin/firefox-esr";
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
