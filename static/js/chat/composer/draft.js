// The text in the composer. Keep it across reloads, and clear it in every tab when it is sent.

import { whenLeaving, whenOpened } from "../opened.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const keyOf = () => `draft:${form.dataset.draft}`;
const pause = 250; // ms without a key

let key = keyOf();
let keeping;
let kept = null; // the stored draft: this tab removes no draft of another tab

/** Store the text, unless a message is being sent: its draft stays until the server has it. */
export function keepDraft() {
  clearTimeout(keeping);
  if (form.hasAttribute("data-sending")) return;
  try {
    if (input.value) localStorage.setItem(key, (kept = input.value));
    else if (localStorage.getItem(key) === kept) localStorage.removeItem(key);
  } catch {
    // Storage is off or full: keep the draft in this page only.
  }
}

/** Put a text into the composer. */
export function write(text) {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

if (!input.value) input.value = kept = localStorage.getItem(key) ?? "";
input.addEventListener("input", () => {
  clearTimeout(keeping);
  keeping = setTimeout(keepDraft, pause);
});
addEventListener("pagehide", keepDraft);
document.addEventListener("visibilitychange", () => document.hidden && keepDraft());

// Another tab sent the draft.
addEventListener("storage", ({ key: changed, oldValue, newValue }) => {
  if (changed !== key || newValue !== null) return;
  if (input.value === oldValue) write("");
  form.dispatchEvent(new Event("sent"));
});

form.addEventListener("submit", keepDraft); // other tabs see only a stored draft end

whenLeaving(keepDraft);
whenOpened(() => {
  key = keyOf();
  kept = localStorage.getItem(key);
  write(kept || input.defaultValue); // the text of a preset that the address names
  clearTimeout(keeping); // the text is stored already
});
