// What can be done with a message: its buttons post without leaving the page, and whoever pressed one stays there.

import { copy } from "../clipboard.js";
import { closeOnEscape } from "../escape.js";
import { say } from "../say.js";

const transcript = document.getElementById("transcript");
const form = document.getElementById("again");
let pressed = null;

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter } = event;
  const { position } = submitter.closest(".message").dataset;
  pressed = { position, name: submitter.getAttribute("aria-label"), isVersion: submitter.closest(".versions") !== null };
  htmx.ajax("POST", submitter.formAction, { source: form, swap: "none" });
});

// Whoever does something else meanwhile is left where they are; so is whoever was refused.
const forget = () => (pressed = null);
for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, forget, { capture: true });
form?.addEventListener("htmx:after:request", ({ detail }) => detail.ctx.response?.raw?.ok || forget());

// Another thread takes the place of all messages, and of the button that was pressed; a reply that begins takes the place
// of what stood there a moment before, so it is looked after until somebody does something else.
document.addEventListener("htmx:after:swap", () => {
  if (!pressed || document.activeElement !== document.body) return;
  const message = transcript.querySelector(`.message[data-position="${pressed.position}"]`);
  if (!message) return;
  const versions = [...message.querySelectorAll(".versions button:enabled")];
  const button = versions.find((version) => version.getAttribute("aria-label") === pressed.name) ?? versions[0];
  if (!button) message.tabIndex = -1;
  (button ?? message).focus({ preventScroll: true });
  if (pressed.isVersion) say(message.querySelector(".versions .visually-hidden")?.textContent ?? "");
  pressed.isVersion = false; // is said once
});

// Which one that is the page cannot say beforehand.
document.querySelector("[data-latest-reply]")?.addEventListener("click", (event) => {
  const latest = [...transcript.querySelectorAll('.message[data-role="assistant"]')].at(-1);
  if (!latest) return;
  event.preventDefault();
  latest.tabIndex = -1;
  latest.focus();
});

// From either button of a pair the arrow keys go through the versions.
transcript?.addEventListener("keydown", ({ key, target }) => {
  const name = { ArrowLeft: "Previous version", ArrowRight: "Next version" }[key];
  if (name) target.closest(".versions")?.querySelector(`[aria-label="${name}"]:enabled`)?.click();
});

async function fetched(address) {
  const answer = await fetch(address, { redirect: "error" }); // where a session has ended, it would be the sign-in page
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy-message]");
  if (!button) return;
  const what = button.closest(".message").dataset.role === "user" ? "question" : "reply";
  copy(fetched(button.dataset.copyMessage), what, button);
});

// The words of a question are on the page already.
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
  target.scrollIntoView({ block: "nearest" }); // with its buttons
}, { capture: true });

function leave(editing) {
  editing.open = false;
  editing.querySelector("summary").focus();
}

document.addEventListener("reset", ({ target }) => {
  const editing = target.closest(".message__edit");
  if (editing) leave(editing);
});
