// The setting “Keep the question at the top”: the reply grows below it. Until the reply fills the window, an empty
// element at the end makes room to scroll the question up.

import { whenOpened } from "../opened.js";

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const choice = document.getElementById("reading-first");
const memory = "reading-first";
const room = document.createElement("div");

let kept = null; // the id of the question at the top
let held = false; // until the reader scrolls
let awaited = null; // the form that asked, and the last message at that time

const last = () => transcript.lastElementChild;
const isWritten = (message) => !["queued", "running"].includes(message?.dataset.state);

export const readsFirst = () => choice.checked;
export const awaitsReply = () => awaited !== null;

export function awaitReply(by) {
  awaited = { by, after: last()?.id };
}

export function release() {
  held = false;
}

function questionOf(reply) {
  let message = reply;
  while (message && message.dataset.role !== "user") message = message.previousElementSibling;
  return message;
}

function begin() {
  kept = questionOf(last())?.id ?? null;
  held = true;
  awaited = null;
}

/** Return the question's distance from the window's top. Negative for a question of more than half a window. */
function top(question) {
  const above = Math.max(0, question.offsetHeight - scroller.clientHeight / 2);
  return parseFloat(getComputedStyle(scroller).paddingTop) - above;
}

/** Scroll the question of a new reply to the top, and hold it there. */
export function keepAtTop() {
  if (awaited && last()?.dataset.role === "assistant" && last().id !== awaited.after) begin();
  const question = kept && document.getElementById(kept);
  if (!question) return room.style.removeProperty("height");
  const { top: from } = question.getBoundingClientRect();
  const below = room.getBoundingClientRect().top - from + parseFloat(getComputedStyle(scroller).paddingBottom);
  room.style.height = `${Math.max(0, scroller.clientHeight - top(question) - below)}px`;
  if (held) scroller.scrollTop += from - scroller.getBoundingClientRect().top - top(question);
}

choice.checked = localStorage.getItem(memory) === "on";
choice.addEventListener("change", () => {
  if (choice.checked) localStorage.setItem(memory, "on");
  else localStorage.removeItem(memory);
  kept = awaited = null;
  release();
});

whenOpened(() => {
  kept = awaited = null;
  release();
});

// Release before the scroll event: the next token would undo the reader's scrolling.
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  scroller.addEventListener(kind, release, { passive: true });
}

document.addEventListener("htmx:finally:request", ({ detail, target }) => {
  if (awaited?.by === target && !detail.ctx.response?.raw?.ok) awaited = null; // refused
});

scroller.append(room);
if (readsFirst() && !isWritten(last())) awaited = { after: null }; // the first question was sent from another page
