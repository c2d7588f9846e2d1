// The actions of a message: post without leaving the page, and keep the focus on the message.

import { closeOnEscape } from "../escape.js";
import { announce } from "../announce.js";
import { whenOpened } from "../opened.js";

const transcript = document.getElementById("transcript");
const form = document.getElementById("again");
let pressed = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter } = event;
  if (submitter.dataset.confirm && !confirm(submitter.dataset.confirm)) return;
  const { position } = submitter.closest(".message").dataset;
  pressed = { position, name: submitter.getAttribute("aria-label"), isVersion: submitter.closest(".versions") !== null };
  htmx.ajax("POST", submitter.formAction, { source: form, swap: "none" });
});

// Don't move focus if the user acted meanwhile or the request failed.
const forget = () => (pressed = null);
for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, forget, { capture: true });
form.addEventListener("htmx:after:request", ({ detail }) => detail.ctx.response?.raw?.ok || forget());

// A swap may replace the pressed button more than once: first with the thread, then with the reply's first frame.
// Restore the focus after each, until the user acts.
document.addEventListener("htmx:after:swap", () => {
  if (!pressed || document.activeElement !== document.body) return;
  const message = transcript.querySelector(`.message[data-position="${pressed.position}"]`);
  if (!message) return;
  const versions = [...message.querySelectorAll(".versions button:enabled")];
  const button = versions.find((version) => version.getAttribute("aria-label") === pressed.name) ?? versions[0];
  if (!button) message.tabIndex = -1;
  (button ?? message).focus({ preventScroll: true });
  if (pressed.isVersion) announce(message.querySelector(".versions .visually-hidden")?.textContent ?? "");
  pressed.isVersion = false; // announce once
});

// A saved comment folds its form, and the button with it.
let commented = null;

document.addEventListener("htmx:before:request", ({ target }) => {
  commented = target.closest?.(".rating__comment")?.closest(".rating").id ?? commented;
});
document.addEventListener("htmx:after:swap", () => {
  const rating = commented && document.getElementById(commented);
  const { activeElement } = document; // perhaps the button, in a form that is closed now
  if (!rating || (activeElement !== document.body && activeElement.checkVisibility())) return;
  commented = null;
  rating.querySelector("summary")?.focus();
});

whenOpened(() => (pressed = commented = null));

// The link's href cannot know the latest reply.
document.querySelector("[data-latest-reply]").addEventListener("click", (event) => {
  const latest = [...transcript.querySelectorAll('.message[data-role="assistant"]')].at(-1);
  if (!latest) return;
  event.preventDefault();
  latest.tabIndex = -1;
  latest.focus();
});

// On either button of a pair the arrow keys change the version.
transcript.addEventListener("keydown", ({ key, target }) => {
  const name = { ArrowLeft: "Previous version", ArrowRight: "Next version" }[key];
  if (name) target.closest(".versions")?.querySelector(`[aria-label="${name}"]:enabled`)?.click();
});

// Fill in the question from the page.
document.addEventListener("click", ({ target }) => {
  const editing = target.closest(".message__edit:not([open]) > summary")?.parentElement;
  if (!editing) return;
  editing.querySelector("textarea").value = editing.closest(".message").querySelector(".message__body").textContent;
});

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.(".message__edit[open]")) return;
  closeOnEscape({
    isOpen: () => target.open && target.isConnected,
    takes: (focused) => target.contains(focused),
    close: () => leave(target),
  });
  target.querySelector("textarea").focus();
  target.scrollIntoView({ block: "nearest" }); // the buttons too
}, { capture: true });

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.(".rating__comment[open]")) return;
  target.querySelector("textarea").focus();
  target.scrollIntoView({ block: "nearest" });
}, { capture: true });

function leave(editing) {
  editing.open = false;
  editing.querySelector("summary").focus();
}

document.addEventListener("reset", ({ target }) => {
  const editing = target.closest(".message__edit");
  if (editing) leave(editing);
});
