import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// `npm test` runs in web/.
const sheet = readFileSync("src/styles/base.css", "utf8");

/** The colours of one theme by their names. */
function colours(selector: string): Map<string, string> {
  const begin = sheet.indexOf(`${selector} {`);
  assert.ok(begin >= 0, selector);
  const block = sheet.slice(begin, sheet.indexOf("}", begin));
  const found = block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g);
  return new Map([...found].map(([, name, value]) => [name!, value!]));
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** What is written on what, anywhere on the pages. */
const written: Record<string, readonly string[]> = {
  ink: ["ground", "surface", "sunk", "river-soft", "down-soft", "up-soft"],
  "ink-soft": ["ground", "surface", "sunk"],
  river: ["ground", "surface", "river-soft"],
  // On a primary button, and on a badge.
  ground: ["river", "polling"],
  websocket: ["ground"],
  sse: ["ground"],
  "long-polling": ["ground", "surface"],
  polling: ["ground"],
  up: ["ground", "surface"],
  down: ["ground", "surface"],
  lost: ["ground", "surface"],
};

/** What is drawn without words must still be seen. */
const drawn: Record<string, readonly string[]> = {
  "rule-strong": ["ground", "surface"],
};

for (const selector of [":root", ':root[data-theme="dark"]']) {
  test(`what is written can be read, and what is drawn be seen: ${selector}`, () => {
    const theme = colours(selector);
    const check = (pairs: typeof written, least: number): void => {
      for (const [ink, grounds] of Object.entries(pairs)) {
        for (const ground of grounds) {
          const found = contrast(theme.get(ink)!, theme.get(ground)!);
          assert.ok(found >= least, `${ink} on ${ground}: ${found.toFixed(2)} < ${least}`);
        }
      }
    };
    check(written, 4.5);
    check(drawn, 3);
  });
}

test("the measure is right: black on white is 21, and grey #767676 just enough", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.ok(contrast("#767676", "#ffffff") >= 4.5 && contrast("#777777", "#ffffff") < 4.5);
});
