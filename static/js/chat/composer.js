// The composer: Enter sends, Escape stops, drafts survive a reload.

const form = document.getElementById("composer");
const input = document.getElementById("message");
const draftKey = `draft:${form.dataset.draft}`;
const touch = matchMedia("(hover: none) and (pointer: coarse)");

const replyIsBeingWritten = () =>
  document.querySelector('.message:is([data-state="queued"], [data-state="running"])') !== null;

function keepDraft() {
  if (input.value) localStorage.setItem(draftKey, input.value);
  else localStorage.removeItem(draftKey);
}

if (!input.value) input.value = localStorage.getItem(draftKey) ?? "";
input.addEventListener("input", keepDraft);

input.addEventListener("keydown", (event) => {
  // keyCode 229: Safari reports the Enter that ends an input method's composition without isComposing.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing || touch.matches) return;
  event.preventDefault();
  if (!replyIsBeingWritten() && input.value.trim()) form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(":popover-open, dialog[open]")) return;
  if (replyIsBeingWritten()) document.getElementById("stop")?.requestSubmit();
});

form.addEventListener("htmx:after:request", ({ detail, target }) => {
  if (target !== form || !detail.ctx.response?.raw?.ok) return; // buttons in it ask for things of their own
  input.value = "";
  keepDraft();
});

for (const starter of document.querySelectorAll("[data-prompt]")) {
  starter.addEventListener("click", () => {
    const { prompt } = starter.dataset;
    input.value = prompt.endsWith(":") ? `${prompt}\n\n` : prompt; // room for the code that follows
    keepDraft();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  });
}
