// Debian's Chromium, Firefox and WebKitGTK, one worker each.
import { defineConfig } from "@playwright/test";
import { chromiumArguments, chromiumProgram, firefoxProgram } from "./support/browsers.ts";

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
        launchOptions: { executablePath: chromiumProgram, args: chromiumArguments },
      },
    },
    {
      name: "firefox",
      workers: 1,
      // They need a browser that hides, freezes and keeps pages while it is driven.
      testIgnore: "page_lifecycle.spec.ts",
      use: {
        browserName: "firefox",
        channel: "moz-firefox",
        launchOptions: { executablePath: firefoxProgram },
      },
    },
    { name: "webkit", testDir: "webkit", workers: 1 },
  ],
});
