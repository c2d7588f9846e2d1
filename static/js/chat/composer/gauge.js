// The gauge under the composer: asks what the message takes when nobody has typed for a moment, and again while a better
// figure is on its way.

import { unfinishedReplies } from "../dom.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const gauge = document.getElementById("gauge");
const transcript = document.getElementById("transcript");

const pause = 700; // ms without a key
const counted = 900; // ms until a worker has counted, most often
const tries = 4;

let timer;
let left = tries;

function weigh() {
  clearTimeout(timer);
  htmx.trigger(gauge, "weigh");
}

function weighSoon(after = pause) {
  clearTimeout(timer);
  left = tries;
  timer = setTimeout(weigh, after);
}

gauge.addEventListener("htmx:after:swap", () => {
  if (!gauge.querySelector("[data-counted]") || left-- <= 0) return;
  clearTimeout(timer);
  timer = setTimeout(weigh, counted);
});

// The settings of a new conversation are part of the form, those of another are saved by themselves.
document.addEventListener("input", ({ target }) => target.form === form && weighSoon());
document.addEventListener("htmx:finally:request", ({ target }) => target.closest?.("#settings") && weighSoon(0));
form.addEventListener("files", () => weighSoon(0));

// What a reply has added is known when it has ended, and another thread weighs something else.
const lengths = () => `${transcript.childElementCount} ${unfinishedReplies().length}`;
let before = lengths();
document.addEventListener("htmx:after:swap", ({ target }) => {
  if (gauge.contains(target)) return;
  const now = lengths();
  if (now === before) return;
  before = now;
  weighSoon(0);
});

// A draft that the browser has kept is not in what the server has drawn.
if (input.value || gauge.querySelector("[data-counted]")) weighSoon(0);
