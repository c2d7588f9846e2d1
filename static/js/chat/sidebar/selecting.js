// Selects several conversations of the list, to archive or delete them together. Meanwhile each is a checkbox in the place
// of its link.

import { opensElsewhere } from "../dom.js";
import { closeOnEscape } from "../escape.js";

const column = document.getElementById("conversations");
const form = document.getElementById("selecting");
const start = document.getElementById("select");
const number = document.getElementById("selecting-number");
const most = Number(form.dataset.most);

let selected = new Set();
let last = ""; // the one that was ticked or unticked last: a range begins there
let focused = "";
let withShift = false;
let next = null; // where the focus goes once the selected ones are gone

const boxes = () => [...column.querySelectorAll(".selectable input")];
const link = (id) => document.getElementById(`conversation-${id}`);

function makeSelectable(conversation) {
  const id = conversation.id.replace("conversation-", "");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "selected", value: id });
  box.checked = selected.has(id);
  box.setAttribute("form", form.id);
  const label = document.createElement("label");
  label.className = "selectable";
  label.append(box, ...conversation.cloneNode(true).childNodes);
  conversation.before(label);
}

// All that are listed, and again those that have come since.
function show() {
  const added = column.querySelectorAll("#conversation-list .conversation:first-child");
  for (const conversation of added) makeSelectable(conversation);
  if (!added.length) return;
  tell();
  // A list that was asked for before has taken the place of the one with the focus.
  if (document.activeElement === document.body) boxes().find(({ value }) => value === focused)?.focus();
}

function tell() {
  selected = new Set(boxes().filter(({ checked }) => checked).map(({ value }) => value));
  const { size } = selected;
  const words = size ? `${size.toLocaleString("en")} selected` : "None selected";
  number.textContent = size > most ? `${words}, of ${most} at most` : words;
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = !size || size > most;
}

function begin() {
  form.hidden = false;
  closeOnEscape({ isOpen: () => !form.hidden, takes: isAboutTheList, close: cancel });
  column.toggleAttribute("data-selecting", true);
  show();
  boxes()[0]?.focus();
}

// A search field clears itself.
const isAboutTheList = (focused) =>
  focused === document.body || (column.contains(focused) && !focused.matches("[type=search]"));

function end() {
  form.hidden = true;
  column.toggleAttribute("data-selecting", false);
  for (const label of column.querySelectorAll(".selectable")) label.remove();
  selected.clear();
  last = focused = "";
}

function cancel() {
  end();
  start.focus();
  htmx.trigger("#conversations-refresh", "refresh"); // nothing was asked for meanwhile
}

start.addEventListener("click", (event) => {
  if (opensElsewhere(event)) return;
  event.preventDefault();
  begin();
});

column.addEventListener("focusin", ({ target }) => (focused = target.matches(".selectable input") ? target.value : ""));

column.addEventListener("keydown", ({ key, shiftKey }) => (withShift = key === " " && shiftKey));

column.addEventListener("click", ({ target, shiftKey }) => {
  const box = target.closest(".selectable")?.querySelector("input");
  if (!box) return;
  withShift ||= shiftKey;
  if (target !== box) return; // its own click follows
  const all = boxes();
  const begun = all.findIndex(({ value }) => value === last);
  const [first, end] = [begun, all.indexOf(box)].sort((one, other) => one - other);
  if (withShift && first >= 0) for (const between of all.slice(first, end + 1)) between.checked = box.checked;
  withShift = false;
  last = box.value;
  tell();
});

form.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-select-all]")) return;
  for (const box of boxes()) box.checked = true;
  tell();
});

form.addEventListener("reset", (event) => {
  event.preventDefault();
  cancel();
});

form.addEventListener("htmx:after:request", ({ detail }) => {
  if (!detail.ctx.response?.raw?.ok) return;
  const all = boxes();
  const first = all.findIndex(({ checked }) => checked);
  const staysAfter = all.find(({ checked }, index) => !checked && index > first);
  next = { id: (staysAfter ?? all.findLast(({ checked }) => !checked))?.value };
});

document.addEventListener("htmx:after:swap", () => {
  if (form.hidden) return;
  if (!next) return show(); // the list may be longer now
  end();
  if (column.matches(":popover-open")) column.hidePopover(); // a drawer, over what says what was done
  else (link(next.id) ?? column.querySelector("a")).focus();
  next = null;
});
