// Debian's Chromium and Firefox, one worker each.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./support/global_setup.ts",
  outputDir: "../build/e2e/results",
  workers: 2,
  retries: 0, // A flaky test is a fault to be found.
  forbidOnly: true,
  timeout: 30_000,
  expect: { timeout: 12_000 },
  reporter: [["list"]],
  projects: [
    { name: "support", testDir: "support" },
    {
      name: "chromium",
      workers: 1,
      use: {
        browserName: "chromium",
        launchOptions: {
          executablePath: "/usr/bin/chromium",
          args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
          ],
        },
      },
    },
    {
      name: "firefox",
      workers: 1,
      use: {
        browserName: "firefox",
        channel: "moz-firefox",
        launchOptions: { executablePath: "/usr/bin/firefox-esr" },
      },
    },
  ],
});
