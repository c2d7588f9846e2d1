// Accept an output into the text, all of it, a word or a line; dismiss it; by button and by key. What goes in is typed
// in as the browser sees it, so that it can be undone.

import { announce, bench, fieldBefore, openOutput, textOf, whenChanged } from "./result.js";

// By the id of the generation, since its element is replaced at the end: the text that was asked with, and how much of
// the output is in the editor.
const asked = new Map();
const taken = new Map();

const takenOf = (output) => taken.get(output.dataset.run) ?? 0;
const restOf = (output) => textOf(output).slice(takenOf(output));

function insertAtEnd(field, text) {
  const { length } = field.value;
  field.focus();
  field.setSelectionRange(length, length);
  // The one way that keeps the field's history; a browser without it loses only that.
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, length, length, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function take(output, text) {
  const field = fieldBefore();
  if (!field || !text) return;
  taken.set(output.dataset.run, takenOf(output) + text.length);
  insertAtEnd(field, text);
  drawGhost();
}

const parts = {
  word: (text) => text.match(/^\s*\S+/)?.[0] ?? text,
  line: (text) => text.match(/^\n*[^\n]*\n?/)?.[0] ?? text,
};

function takePart(output, name) {
  const rest = restOf(output);
  const part = parts[name](rest);
  if (part === rest) output.querySelector("[data-accept]").requestSubmit();
  else take(output, part);
}

// Ghost text fits the text that it was asked with and what of it is taken, not a text that was edited since.
function isCurrent(output, field) {
  const { run } = output.dataset;
  if (!asked.has(run)) asked.set(run, field.value);
  return field.value === asked.get(run) + textOf(output).slice(0, takenOf(output));
}

function ghostOf(output, field) {
  if (!output || output.dataset.decision || !isCurrent(output, field)) return "";
  return restOf(output);
}

function drawGhost() {
  const field = fieldBefore();
  const output = document.querySelector(".result[data-kind=complete] .output");
  const body = field?.closest("[data-pane]");
  if (!body) return;
  const rest = ghostOf(output, field);
  output?.toggleAttribute("data-ghost", rest !== "");
  body.querySelector(".pane__ghost")?.remove();
  if (!rest) return;
  const isAtEnd = body.scrollTop + body.clientHeight >= body.scrollHeight - 40;
  const ghost = document.createElement("div");
  ghost.className = "pane__ghost";
  ghost.setAttribute("aria-hidden", "true");
  const text = document.createElement("ins");
  text.textContent = rest;
  ghost.append(field.value, text);
  body.append(ghost);
  if (isAtEnd) body.scrollTop = body.scrollHeight;
}

document.addEventListener("submit", ({ target }) => {
  const output = target.closest(".output");
  if (output && target.matches("[data-accept]")) {
    take(output, restOf(output));
    announce("Accepted.");
  }
}, { capture: true });

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-part]");
  if (button) takePart(button.closest(".output"), button.dataset.part);
});

function key(event) {
  const { target, key: name, ctrlKey, metaKey, shiftKey, altKey } = event;
  if (!target.matches(".pane__text") || event.isComposing) return;
  const command = ctrlKey || metaKey;
  if (command && name === "Enter") return [() => document.getElementById("ask").requestSubmit()];
  const output = openOutput();
  if (!output || altKey || shiftKey) return undefined;
  const accept = output.querySelector("[data-accept]");
  if (name === "Tab" && !command && accept) return [() => accept.requestSubmit()];
  if (name === "Escape" && !command) return [() => output.querySelector("[data-dismiss-output]").requestSubmit()];
  if (!accept || !command || target !== fieldBefore() || target.selectionStart !== target.value.length) return undefined;
  if (name === "ArrowRight") return [() => takePart(output, "word")];
  if (name === "ArrowDown") return [() => takePart(output, "line")];
  return undefined;
}

document.addEventListener("keydown", (event) => {
  const [act] = key(event) ?? [];
  if (!act) return;
  event.preventDefault();
  act();
});

bench?.addEventListener("input", drawGhost);
whenChanged(drawGhost);
