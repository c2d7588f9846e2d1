// Reading first, for whoever has chosen it: a question stays at the top of the scroller and its reply grows below. Until
// the reply fills the window there is room below it, or the question could not be that high.

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const choice = document.getElementById("reading-first");
const memory = "reading-first";
const room = document.createElement("div");

let kept = null; // the id of the question at the top
let held = false; // until the reader goes elsewhere
let awaited = null; // what was asked by, and what the last message was then

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

/** How far below the window's upper edge the question begins: above it where it is so long that nothing else is seen. */
function top(question) {
  const above = Math.max(0, question.offsetHeight - scroller.clientHeight / 2);
  return parseFloat(getComputedStyle(scroller).paddingTop) - above;
}

/** Puts the question of a reply that has begun at the top, and keeps it there. */
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

// A key or finger is felt before the scroller moves, and what is written meanwhile would undo it.
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  scroller.addEventListener(kind, release, { passive: true });
}

document.addEventListener("htmx:finally:request", ({ detail, target }) => {
  if (awaited?.by === target && !detail.ctx.response?.raw?.ok) awaited = null; // refused
});

scroller.append(room);
if (readsFirst() && !isWritten(last())) awaited = { after: null }; // what begins a conversation is asked on another page
