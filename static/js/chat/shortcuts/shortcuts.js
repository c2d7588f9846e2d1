// Keyboard shortcuts, and the switch that turns them off (WCAG 2.1.4).

import { pressed, writes } from "./chords.js";
import { copy } from "../clipboard.js";
import { announce } from "../announce.js";
import { shortcutFor } from "./shortcut_keys.js";
import "./shortcut_list.js";
import { toCopy } from "../transcript/code.js";
import { openPalette } from "../palette.js";
import { toggleSidebar } from "../sidebar/side_column.js";

const list = document.getElementById("shortcuts");
const enabled = document.getElementById("shortcuts-on");
const memory = "shortcuts";

const $ = (selector) => document.querySelector(selector);
const last = (selector) => [...document.querySelectorAll(selector)].at(-1);

function copyLast(text, what) {
  if (text) copy(text, what);
  else announce(`There is no ${what} to copy.`);
}

function copyLastReply() {
  const button = last('.message[data-role="assistant"] [data-copy-message]'); // copies the Markdown, as it was written
  if (button) button.click();
  else copyLast("", "reply");
}

function lastCode() {
  const code = last('.message[data-role="assistant"] .code-block code');
  return code && toCopy(code);
}

const commands = {
  search: openPalette,
  begin: () => $("#conversations a").click(),
  sidebar: toggleSidebar,
  write: () => document.getElementById("message")?.focus(),
  "copy-reply": copyLastReply,
  "copy-code": () => copyLast(lastCode(), "code"),
  delete: () => document.getElementById("delete-conversation")?.requestSubmit(),
  list: () => list.showModal(),
};

function commandFor(event) {
  const keys = pressed(event);
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  return keys && !(typing && writes(keys)) ? commands[shortcutFor(keys)] : null;
}

document.addEventListener("keydown", (event) => {
  if (!enabled.checked || document.querySelector("dialog[open]")) return;
  const command = commandFor(event);
  if (!command) return;
  event.preventDefault();
  command();
}, { capture: true });

document.addEventListener("click", ({ target }) => target.closest("[data-shortcuts]") && list.showModal());

enabled.checked = localStorage.getItem(memory) !== "off";
enabled.addEventListener("change", () => localStorage.setItem(memory, enabled.checked ? "on" : "off"));
