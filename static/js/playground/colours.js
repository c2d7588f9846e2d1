// Colour the code of the panes. A layer under each text field shows the same text with the server's colours; what was
// typed since is plain until they come.

import { bench } from "./result.js";

const pause = 250; // ms after the last key
const longest = 20_000; // code units; longer code stays plain, because colouring takes too long
const address = bench?.dataset.colours;
const language = document.querySelector("[name=language]");
const layers = new Map(); // by text field

function layerOf(field) {
  if (!layers.has(field)) {
    const layer = document.createElement("div");
    layer.className = "pane__paint highlight";
    layer.setAttribute("aria-hidden", "true");
    field.before(layer);
    layers.set(field, layer);
  }
  return layers.get(field);
}

/** Set one end of a range to the code unit `at` of the layer's text. */
function setEnd(range, layer, at, end) {
  const texts = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
  let left = at;
  while (texts.nextNode()) {
    const { data } = texts.currentNode;
    if (left <= data.length) return range[end](texts.currentNode, left);
    left -= data.length;
  }
  return range[end](layer, layer.childNodes.length);
}

/** Show `text`, with the colours of what stayed the same at both ends. */
function change(layer, text) {
  const shown = layer.textContent;
  if (shown === text) return;
  const most = Math.min(shown.length, text.length);
  let head = 0;
  while (head < most && shown[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < most - head && shown.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
  const range = document.createRange();
  setEnd(range, layer, head, "setStart");
  setEnd(range, layer, shown.length - tail, "setEnd");
  range.deleteContents();
  range.insertNode(document.createTextNode(text.slice(head, text.length - tail)));
  if (layer.textContent !== text) layer.textContent = text;
}

async function colour(field, layer) {
  const { value } = field;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("#ask [name=csrfmiddlewaretoken]").value);
  body.set("code", value);
  body.set("language", language.value);
  const answer = await fetch(address, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  if (field.value === value && template.content.textContent === value) layer.replaceChildren(template.content);
}

const waiting = new Map(); // by text field

function paint(field, after = pause) {
  clearTimeout(waiting.get(field));
  const isPainted = field.value.length <= longest && language.value !== "text";
  field.toggleAttribute("data-painted", isPainted);
  const layer = layerOf(field);
  change(layer, isPainted ? field.value : "");
  if (isPainted && field.value) waiting.set(field, setTimeout(colour, after, field, layer));
}

const fields = address && language ? bench.querySelectorAll("textarea.pane__text") : [];
for (const field of fields) {
  paint(field, 0);
  field.addEventListener("input", () => paint(field));
}
language?.addEventListener("change", () => fields.forEach((field) => paint(field, 0)));
// Browsers restore the fields' texts when they return to a page.
addEventListener("pageshow", () => fields.forEach((field) => paint(field, 0)));
