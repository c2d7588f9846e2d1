// Select conversations in the list, to archive or delete them together. A checkbox replaces each link meanwhile.

import { opensElsewhere } from "../dom.js";
import { closeOnEscape } from "../escape.js";

const column = document.getElementById("conversations");
const form = document.getElementById("selecting");
const start = document.getElementById("select");
const number = document.getElementById("selecting-number");
const most = Number(form.dataset.most);

let selected = new Set();
let last = ""; // the last box that was ticked or unticked: a range starts there
let focused = "";
let withShift = false;
let next = null; // gets the focus once the selected conversations are gone

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

/** Make listed conversations selectable that are not yet. */
function show() {
  const added = column.querySelectorAll("#conversation-list .conversation:first-child");
  for (const conversation of added) makeSelectable(conversation);
  if (!added.length) return;
  count();
  // A refresh, requested before the selection, replaced the focused box.
  if (document.activeElement === document.body) boxes().find(({ value }) => value === focused)?.focus();
}

function count() {
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

// Escape in the search field clears it.
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
  htmx.trigger("#conversations-refresh", "refresh"); // the list was not refreshed meanwhile
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
  if (target !== box) return; // the label's click is followed by the box's
  const all = boxes();
  const begun = all.findIndex(({ value }) => value === last);
  const [first, end] = [begun, all.indexOf(box)].sort((one, other) => one - other);
  if (withShift && first >= 0) for (const between of all.slice(first, end + 1)) between.checked = box.checked;
  withShift = false;
  last = box.value;
  count();
});

form.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-select-all]")) return;
  for (const box of boxes()) box.checked = true;
  count();
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
  if (!next) return show(); // “Show more” adds conversations
  end();
  if (column.matches(":popover-open")) column.hidePopover(); // the drawer covers the toast
  else (link(next.id) ?? column.querySelector("a")).focus();
  next = null;
});
