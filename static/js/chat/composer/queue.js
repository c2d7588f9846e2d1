// The queued message: Enter queues while a reply is being written. A removed message goes back to the composer.

import { keepDraft, write } from "./draft.js";

const input = document.getElementById("message");
const place = document.getElementById("queued");
const button = document.getElementById("queue");
const transcript = document.getElementById("transcript");

const isAccepted = ({ detail }) => Boolean(detail.ctx.response?.raw?.ok) && !detail.ctx.response.raw.redirected;

button.addEventListener("htmx:after:request", (event) => {
  if (!isAccepted(event)) return;
  write("");
  keepDraft();
  input.focus();
});

let removing = null; // { form, text }

place.addEventListener("htmx:before:request", ({ target }) => {
  if (target.id === "unqueue") removing = { form: target, text: place.querySelector(".queued__text").textContent };
});

// The live connection may take the form away before the answer is there: the event then comes from the document.
document.addEventListener("htmx:after:request", (event) => {
  if (!removing || event.detail.ctx.sourceElement !== removing.form) return;
  const { text } = removing;
  removing = null;
  if (!isAccepted(event)) return;
  write(input.value ? `${text}\n\n${input.value}` : text);
  keepDraft();
  input.focus();
});

// The live connection brings the message once it is sent.
function leave() {
  const queued = place.querySelector(".queued");
  if (queued && transcript.querySelector(`.message[data-key="${CSS.escape(queued.dataset.key)}"]`)) queued.remove();
}

for (const changed of [transcript, place]) new MutationObserver(leave).observe(changed, { childList: true });
