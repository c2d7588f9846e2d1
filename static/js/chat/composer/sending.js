// Show a question the moment it is sent. The stored question has the same key and takes its place. A refusal removes it
// and gives the text back.

import { keepDraft, write } from "./draft.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const files = document.getElementById("draft-files");
const transcript = document.getElementById("transcript");
const template = document.getElementById("sending");

let sending = null; // { article, text, key }

const lastPosition = () => Number([...transcript.querySelectorAll(":scope > .message")].at(-1)?.dataset.position ?? 0);
const stored = (key) => transcript.querySelector(`.message[data-key="${CSS.escape(key)}"]`);

function show(text, key) {
  const article = template.content.firstElementChild.cloneNode(true);
  article.dataset.position = lastPosition() + 1;
  article.querySelector(".message__body").textContent = text.replace(/^\n+|\n+$/g, "");
  const list = article.querySelector(".files");
  list.append(...[...files.querySelectorAll(".file")].map(copyOf));
  list.hidden = !list.childElementCount;
  transcript.append(article);
  sending = { article, text, key };
  form.toggleAttribute("data-sending", true);
  write("");
}

function copyOf(file) {
  const item = document.createElement("li");
  item.className = "file";
  item.append(file.querySelector(".file__open").cloneNode(true));
  return item;
}

function end() {
  sending = null;
  form.toggleAttribute("data-sending", false);
  keepDraft();
}

function giveBack() {
  const { text, article } = sending;
  const since = input.value; // written meanwhile
  article.remove();
  write(since ? `${text}\n\n${since}` : text);
  end();
}

const isOwn = ({ target }) => target === form; // the buttons in it send requests of their own
const isAccepted = ({ ctx }) => Boolean(ctx.response?.raw?.ok) && !ctx.response.raw.redirected; // to the sign-in page

// Send nothing twice; text that is written meanwhile stays in the composer.
form.addEventListener("submit", (event) => {
  if (!sending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, { capture: true });

form.addEventListener("htmx:before:request", (event) => {
  if (isOwn(event) && input.value.trim()) show(input.value, document.getElementById("composer-key").value);
});

form.addEventListener("htmx:finally:request", (event) => {
  if (!isOwn(event) || !sending) return;
  if (!isAccepted(event.detail)) return giveBack();
  const isLeaving = event.detail.ctx.hx?.redirect; // to a page that shows the question
  if (!isLeaving) sending.article.remove();
  end();
});

// The answer or the live connection brings the stored question, whichever is faster.
new MutationObserver(() => sending && stored(sending.key) && sending.article.remove()).observe(transcript, { childList: true });

// A page from the back/forward cache may still show an unsent question.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const article of transcript.querySelectorAll("[data-sending]")) article.remove();
});
