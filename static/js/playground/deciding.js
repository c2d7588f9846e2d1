// Accept an output into the text, all of it, a word or a line; dismiss it; undo; by button and by key. What goes in is
// typed in as the browser sees it, so that the browser's own undo takes it out again.

import { active, announce, bench, fieldBefore, openOutput, textOf, whenChanged } from "./result.js";
import { replaceFrom } from "./typing.js";

// By the generation's id, since its element is replaced at the end: the text that was sent, and how much of
// the output went into the editor.
const asked = new Map();
const taken = new Map();

function askedWith(output, field) {
  const { run, decision } = output.dataset;
  const text = textOf(output);
  // A page that was loaded after the decision shows the text with the output.
  const isIn = decision === "accepted" && field.value.endsWith(text);
  if (!asked.has(run)) asked.set(run, isIn ? field.value.slice(0, field.value.length - text.length) : field.value);
  return asked.get(run);
}

/** Return how much of the output the field holds, whether that was accepted, typed or undone. */
function takenOf(output, field) {
  const { run } = output.dataset;
  const before = askedWith(output, field);
  const added = field.value.slice(before.length);
  if (field.value.startsWith(before) && textOf(output).startsWith(added)) taken.set(run, added.length);
  return taken.get(run) ?? 0;
}

const restOf = (output, field) => textOf(output).slice(takenOf(output, field));

function take(output, text) {
  const field = fieldBefore();
  if (!field || !text) return;
  taken.set(output.dataset.run, takenOf(output, field) + text.length);
  replaceFrom(field, field.value.length, text);
  drawGhost();
}

const parts = {
  word: (text) => text.match(/^\s*\S+/)?.[0] ?? text,
  line: (text) => text.match(/^\n*[^\n]*\n?/)?.[0] ?? text,
};

function takePart(output, name) {
  const rest = restOf(output, fieldBefore());
  const part = parts[name](rest);
  if (part === rest) output.querySelector("[data-accept]").requestSubmit();
  else take(output, part);
}

// Ghost text fits the sent text and the accepted part of the output. It does not fit a text edited since.
function isCurrent(output, field) {
  return field.value === askedWith(output, field) + textOf(output).slice(0, takenOf(output, field));
}

function ghostOf(output, field) {
  if (!output || !isCurrent(output, field) || output.dataset.decision) return "";
  return restOf(output, field);
}

/** Remove the accepted output from the field; return false if the field was edited since. */
function takeOut(output, field) {
  if (!isCurrent(output, field)) return false;
  const before = askedWith(output, field);
  if (field.value !== before) replaceFrom(field, before.length, "");
  return true;
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

document.addEventListener("submit", (event) => {
  const { target } = event;
  const output = target.closest(".output");
  const field = fieldBefore();
  if (!output) return;
  if (target.matches("[data-accept]")) {
    if (field) take(output, restOf(output, field));
    announce("Accepted.");
  } else if (target.matches("[data-undo]") && field && output.dataset.decision === "accepted" && !takeOut(output, field)) {
    event.preventDefault();
    event.stopPropagation();
    announce("The text went on since. Take it out there.");
  }
}, { capture: true });

// The browser's own undo removed accepted text: offer the output again.
document.addEventListener("input", ({ target, inputType }) => {
  const output = document.querySelector(".output[data-decision=accepted]");
  if (inputType !== "historyUndo" || !output || target !== fieldBefore()) return;
  if (isCurrent(output, target) && restOf(output, target)) output.querySelector("[data-undo]")?.requestSubmit();
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-part]");
  if (button) takePart(button.closest(".output"), button.dataset.part);
});

function key(event) {
  const { target, key: name, ctrlKey, metaKey, shiftKey, altKey } = event;
  if (!target.matches(".pane__text") || event.isComposing) return;
  const command = ctrlKey || metaKey;
  if (command && name === "Enter") return [() => document.getElementById("ask").requestSubmit()];
  if (altKey || shiftKey) return undefined;
  const stop = document.querySelector(`.result:has(.output${active}) .result__stop`);
  if (name === "Escape" && !command && stop) return [() => stop.requestSubmit()];
  const output = openOutput();
  if (!output) return undefined;
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
