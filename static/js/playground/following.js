// Follow the run that the page shows. A lost connection is made anew from each output's offset:
// no text comes twice, and none is missing.

import { active, announce, result, whenChanged } from "./result.js";

const patience = { first: 500, most: 10_000 }; // ms between two tries
let followed; // the result that is being followed
let source;
let timer;
let pause = patience.first;

const outputOf = (id) => followed.querySelector(`.output[data-run="${id}"]`);

function append({ id, at, text }) {
  const output = outputOf(id);
  const offset = Number(output.dataset.offset);
  if (at > offset) return again(); // a gap: reconnect from the offset
  const points = [...text];
  const fresh = points.slice(offset - at).join("");
  if (!fresh) return;
  output.querySelector(".output__text").append(fresh);
  output.dataset.offset = at + points.length;
  pause = patience.first;
}

function show({ id, state, words, tone }) {
  const output = outputOf(id);
  output.dataset.state = state;
  const shown = output.querySelector(".state");
  if (shown.textContent !== words) announce(words);
  shown.textContent = words;
  shown.dataset.tone = tone;
}

function finish({ id, html }) {
  const output = outputOf(id);
  if (!output || !html) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  const stored = template.content.firstElementChild;
  if (!output.matches(active) && output.dataset.state === stored.dataset.state) return;
  const hadFocus = output.contains(document.activeElement);
  output.replaceWith(stored);
  window.htmx?.process(stored);
  if (hadFocus) stored.querySelector(".output__document").focus();
  announce(stored.querySelector(".state").textContent);
}

function leave() {
  source?.close();
  source = undefined;
  clearTimeout(timer);
}

function again() {
  leave();
  timer = setTimeout(connect, pause);
  pause = Math.min(2 * pause, patience.most);
}

function connect() {
  if (!followed.isConnected) return;
  const url = new URL(followed.dataset.events, location.href);
  for (const { dataset } of followed.querySelectorAll(".output")) url.searchParams.set(dataset.run, dataset.offset);
  source = new EventSource(url);
  const take = (name, apply) => source.addEventListener(name, ({ data }) => apply(JSON.parse(data)));
  take("text", append);
  take("state", show);
  take("end", finish);
  take("over", leave);
  source.onerror = again;
}

whenChanged(() => {
  const shown = result();
  if (shown === followed) return;
  leave();
  followed = shown;
  pause = patience.first;
  if (shown?.querySelector(active)) connect();
});

// A page from the back/forward cache has lost its connection.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && followed?.querySelector(active)) again();
});
