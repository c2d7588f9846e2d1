// The composer: Enter sends or queues, Escape stops the reply, ArrowUp edits the last question.

import { opensElsewhere, replyIsBeingWritten } from "../dom.js";
import { actOnEscape } from "../escape.js";
import { keepDraft, write } from "./draft.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const touch = matchMedia("(hover: none) and (pointer: coarse)");
const longToMeasure = 20_000; // characters

// On a phone the focus would open the keyboard over the page.
if (touch.matches && document.activeElement === input && !input.value) input.blur();

function editLastQuestion() {
  const questions = document.querySelectorAll('.message[data-role="user"]');
  const edit = [...questions].at(-1)?.querySelector(".message__edit:not([open]) > summary");
  edit?.click();
  return Boolean(edit);
}

input.addEventListener("keydown", (event) => {
  // keyCode 229: Safari reports the Enter that ends an input method's composition without isComposing.
  if (event.isComposing || event.keyCode === 229) return;
  const withCommand = event.ctrlKey || event.metaKey;
  if (event.key === "ArrowUp" && !withCommand && !event.shiftKey && !event.altKey && !input.value) {
    if (!replyIsBeingWritten() && editLastQuestion()) event.preventDefault();
  }
  if (event.key !== "Enter" || event.shiftKey || (touch.matches && !withCommand)) return;
  event.preventDefault();
  if (!input.value.trim()) return;
  if (replyIsBeingWritten()) document.getElementById("queue").click();
  else form.requestSubmit();
});

actOnEscape(() => replyIsBeingWritten() && document.getElementById("stop").requestSubmit());

// Send and Stop replace each other: move the focus to the one that is shown.
function keepFocus() {
  const { activeElement } = document;
  if (!activeElement?.matches(".composer__action") || activeElement.checkVisibility()) return;
  for (const action of document.querySelectorAll(".composer__action")) if (action.checkVisibility()) action.focus();
}

// After a mouse click focus the message again: Space must not press the button.
for (const action of document.querySelectorAll(".composer__action")) {
  action.addEventListener("click", ({ detail }) => detail > 0 && !touch.matches && input.focus());
}

// A page from the back/forward cache has a used key: its next message needs a new one.
// (crypto.randomUUID is missing where the site has no HTTPS.)
function newKey() {
  const digits = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

addEventListener("pageshow", ({ persisted }) => {
  if (persisted) document.getElementById("composer-key").value = newKey();
});

const transcript = document.getElementById("transcript");
new MutationObserver(keepFocus).observe(transcript, { childList: true });
new MutationObserver(keepFocus).observe(transcript, { subtree: true, attributeFilter: ["data-state"] });

document.addEventListener("click", (event) => {
  const starter = event.target.closest("[data-prompt]");
  if (!starter || opensElsewhere(event)) return;
  event.preventDefault();
  const { prompt } = starter.dataset;
  write(prompt.endsWith(":") ? `${prompt}\n\n` : prompt); // room for the code that follows
  keepDraft();
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
});

// Grow with the text in browsers without field-sizing, up to the style sheet's max-height.
function grow() {
  if (input.value.length > longToMeasure && input.style.height) return;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

if (!CSS.supports("field-sizing", "content")) {
  input.addEventListener("input", grow);
  grow();
}
