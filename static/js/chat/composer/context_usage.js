// Context usage under the composer: ask the server when typing pauses, and again while a worker counts the tokens.

import { unfinishedReplies } from "../dom.js";
import { whenOpened } from "../opened.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const usage = document.getElementById("context-usage");
const transcript = document.getElementById("transcript");

const pause = 700; // ms without a key
const counting = 900; // ms that a worker's count usually takes
const tries = 4;

let timer;
let left = tries;

function measure() {
  clearTimeout(timer);
  htmx.trigger(usage, "measure");
}

function measureSoon(after = pause) {
  clearTimeout(timer);
  left = tries;
  timer = setTimeout(measure, after);
}

usage.addEventListener("htmx:after:swap", () => {
  if (!usage.querySelector("[data-counting]") || left-- <= 0) return;
  clearTimeout(timer);
  timer = setTimeout(measure, counting);
});

// A new conversation's settings are fields of the form; an existing one's are saved by a request of their own.
document.addEventListener("input", ({ target }) => target.form === form && measureSoon());
document.addEventListener("htmx:finally:request", ({ target }) => target.closest?.("#settings") && measureSoon(0));
form.addEventListener("files", () => measureSoon(0));

// Usage changes when a reply ends, and when another version shows another thread.
const replies = () => `${transcript.childElementCount} ${unfinishedReplies().length}`;
let before = replies();
document.addEventListener("htmx:after:swap", ({ target }) => {
  if (usage.contains(target)) return;
  const now = replies();
  if (now === before) return;
  before = now;
  measureSoon(0);
});

// The server did not know the draft that the browser kept.
function measureWhatIsNew() {
  if (input.value || usage.querySelector("[data-counting]")) measureSoon(0);
}

measureWhatIsNew();
whenOpened(() => {
  before = replies();
  measureWhatIsNew();
});
