// The field at the bottom: Enter sends, Shift+Enter begins a new line, the field grows with its text.
import { required } from "../shell/dom.ts";

export function start_composer(on_send: (text: string) => void): void {
  const form = required("#composer", HTMLFormElement);
  const field = required("#text", HTMLTextAreaElement);
  const button = required("#send", HTMLButtonElement);

  const fit = (): void => {
    button.disabled = field.value.trim() === "";
    field.style.blockSize = "auto";
    field.style.blockSize = `${field.scrollHeight + 2}px`; // And the border.
  };
  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    // While an input method composes, Enter ends the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text === "") return;
    on_send(text);
    field.value = "";
    fit();
    field.focus();
  });
  fit();
  // On a desktop one can write at once; a phone's keyboard should not come up unasked.
  if (matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
}
