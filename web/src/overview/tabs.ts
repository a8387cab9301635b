// The code samples' tabs, by the keyboard too: arrows move, Home and End jump.
import { required } from "../shell/dom.ts";

export function start_tabs(): void {
  const tabs = [...required("#tabs", HTMLElement).querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const choose = (chosen: HTMLButtonElement): void => {
    for (const tab of tabs) {
      const is_chosen = tab === chosen;
      tab.setAttribute("aria-selected", String(is_chosen));
      tab.tabIndex = is_chosen ? 0 : -1;
      required(`#${tab.getAttribute("aria-controls")}`, HTMLElement).hidden = !is_chosen;
    }
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const target = {
        ArrowRight: tabs[(index + 1) % tabs.length],
        ArrowLeft: tabs.at(index - 1),
        Home: tabs[0],
        End: tabs.at(-1),
      }[key];
      if (!target) return;
      choose(target);
      target.focus();
    });
  });
}
