// Keyboard shortcuts, their list, and the switch that turns them off (WCAG 2.1.4).

const list = document.getElementById("shortcuts");
const enabled = document.getElementById("shortcuts-on");
const memory = "shortcuts";
const mac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

const $ = (selector) => document.querySelector(selector);
const last = (selector) => [...document.querySelectorAll(selector)].at(-1);

function say(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

async function copy(text, what) {
  if (!text) return say(`There is no ${what} to copy.`);
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied the last ${what}.`);
  } catch {
    say("The browser does not allow copying.");
  }
}

function copyLastReply() {
  const reply = last('.message[data-role="assistant"]');
  const button = reply?.querySelector("[data-copy-message]"); // knows the reply as it was written
  if (button) button.click();
  else copy(reply?.querySelector(".message__body")?.innerText, "reply");
}

function search() {
  const drawer = document.getElementById("conversations");
  if (drawer.checkVisibility?.() === false) drawer.showPopover();
  document.getElementById("conversations-search").select();
}

// By the key with Ctrl or Cmd; those in capitals need Shift as well.
const commands = {
  k: search,
  O: () => location.assign($("#conversations a").href),
  C: copyLastReply,
  ";": () => copy(last(".message .code-block code")?.textContent, "code block"),
  ":": () => copy(last(".message .code-block code")?.textContent, "code block"),
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
