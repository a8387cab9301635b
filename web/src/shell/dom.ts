// The few DOM calls that the pages repeat. Text goes in as text, never as HTML.

type Attributes = Record<string, string | boolean | undefined>;

/** Makes an element; an attribute that is `undefined` or `false` is left out, `true` is bare. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Finds an element that the page's own HTML has; its absence is our mistake. */
export function required<Type extends Element>(
  selector: string,
  type: new () => Type,
  within: ParentNode = document,
): Type {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Sets text only when it differs, so that unchanged cells cost no layout. */
export function set_text(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Runs `draw` once in the next frame, however often it is asked for. */
export function in_next_frame(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

const motion = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the user asked for little movement; asked anew each time, for it can change. */
export function wants_little_motion(): boolean {
  return motion.matches;
}
