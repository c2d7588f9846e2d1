// Keyboard shortcuts, their list, and the switch that turns them off (WCAG 2.1.4).

import { copy } from "./clipboard.js";
import { say } from "./say.js";
import { showSidebar, toggleSidebar } from "./side_column.js";

const list = document.getElementById("shortcuts");
const enabled = document.getElementById("shortcuts-on");
const memory = "shortcuts";
const mac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

const $ = (selector) => document.querySelector(selector);
const last = (selector) => [...document.querySelectorAll(selector)].at(-1);

function copyLast(text, what) {
  if (text) copy(text, what);
  else say(`There is no ${what} to copy.`);
}

function copyLastReply() {
  const button = last('.message[data-role="assistant"] [data-copy-message]'); // knows the reply as it was written
  if (button) button.click();
  else copyLast("", "reply");
}

function search() {
  showSidebar();
  document.getElementById("conversations-search").select();
}

// By the key with Ctrl or Cmd; those in capitals need Shift as well.
const commands = {
  k: search,
  O: () => location.assign($("#conversations a").href),
  C: copyLastReply,
  S: toggleSidebar,
  ";": () => copyLast(last(".message .code-block code")?.textContent, "code"),
  ":": () => copyLast(last(".message .code-block code")?.textContent, "code"),
  BACKSPACE: () => document.getElementById("delete-conversation")?.requestSubmit(),
  "/": () => list.showModal(),
};
const mustShift = new Set([";", ":"]);

function commandFor(event) {
  if (event.key === "Escape" && event.shiftKey) return () => document.getElementById("message")?.focus();
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "?" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) return () => list.showModal();
  if (!(mac ? event.metaKey : event.ctrlKey) || event.altKey) return null;
  if (mustShift.has(event.key) && !event.shiftKey) return null;
  return commands[event.shiftKey ? event.key.toUpperCase() : event.key];
}

document.addEventListener("keydown", (event) => {
  if (!enabled.checked || event.isComposing || document.querySelector("dialog[open]")) return;
  const command = commandFor(event);
  if (!command) return;
  event.preventDefault(); // also tells the composer that this Escape is no Stop
  command();
}, { capture: true });

document.addEventListener("click", ({ target }) => target.closest("[data-shortcuts]") && list.showModal());

enabled.checked = localStorage.getItem(memory) !== "off";
enabled.addEventListener("change", () => localStorage.setItem(memory, enabled.checked ? "on" : "off"));
if (mac) for (const key of list.querySelectorAll("[data-command]")) key.textContent = "⌘";
