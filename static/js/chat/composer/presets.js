// Choose a preset on the empty page, in the settings, or from the list that a slash at the start of the message opens.
// A preset fills in the message and the settings; it sends nothing. A chip names the one in use, and takes it off.

import { opensElsewhere } from "../dom.js";
import { closeOnEscape } from "../escape.js";
import { whenOpened } from "../opened.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const menu = document.getElementById("preset-menu");
const panel = document.getElementById("settings");
const refused = document.getElementById("composer-error");
const announcer = document.getElementById("announcer");
const inUse = document.getElementById("preset-in-use");
const firstSettings = () => document.getElementById("settings-first"); // of a new conversation, which only the page has
const options = () => [...menu.children];
const codePlaceholder = "{code}";
const typed = /^\/([^\n]{0,40})$/; // a slash, then part of a name

let dismissed = false;

function put(text, caret) {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
  input.setSelectionRange(caret, caret);
}

function around(opening) {
  const [before, ...after] = opening.split(codePlaceholder);
  return [before, after.join(codePlaceholder)];
}

/** Remove the opening of another preset from around the text. */
function withoutOpening(written) {
  for (const { dataset } of options()) {
    const [before, after] = around(dataset.opening);
    const length = before.length + after.length;
    if (length && written.length >= length && written.startsWith(before) && written.endsWith(after)) {
      return written.slice(before.length, written.length - after.length);
    }
  }
  return written;
}

// Put the written text where the opening says {code}.
function fillIn(opening, written) {
  const [before, after] = around(opening);
  const code = withoutOpening(written);
  put(before + code + after, before.length + code.length);
}

function showInUse() {
  if (!firstSettings()) return; // the server renders it
  const { preset } = firstSettings().dataset;
  inUse.hidden = !preset;
  inUse.querySelector(".composer__preset-name").textContent = preset;
}

/** Fill in the settings of a new conversation: those of a preset, or the usual ones. */
async function fillInSettings(values, name) {
  const into = { target: "#settings-first", select: "#settings-body", swap: "innerHTML" };
  await htmx.ajax("GET", menu.dataset.settings, { source: menu, values, ...into });
  if (!firstSettings()) return; // another conversation was opened meanwhile
  firstSettings().dataset.preset = name;
  showInUse();
}

async function choose({ preset, opening, name }, written) {
  close();
  if (panel.matches(":popover-open")) panel.hidePopover();
  fillIn(opening, written);
  const values = { preset };
  if (menu.dataset.use) {
    await htmx.ajax("POST", menu.dataset.use, { source: menu, target: menu, swap: "none", values });
  } else {
    await fillInSettings(values, name);
    announcer.textContent = `${name}: the message and the settings are filled in.`;
  }
}

menu.addEventListener("htmx:response:error", () => {
  refused.textContent = "This preset could not be used: it may have been deleted. Load the page again.";
});

const optionOf = (number) => document.getElementById(`preset-option-${number}`);
const isOpen = () => !menu.hidden;
const matching = () => options().filter((option) => !option.hidden);

function activate(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function close() {
  menu.hidden = true;
  input.removeAttribute("aria-activedescendant");
}

function open(number) {
  menu.hidden = false;
  closeOnEscape({ isOpen, takes: (focused) => focused === input, close: dismiss });
  announcer.textContent = `${number} presets. Up and Down choose one, Enter takes it.`;
}

function dismiss() {
  dismissed = true;
  close();
}

function offer() {
  const [, words] = typed.exec(input.value) ?? [];
  if (words === undefined) {
    dismissed = false;
    return close();
  }
  for (const option of options()) option.hidden = !option.dataset.name.toLowerCase().includes(words.trim().toLowerCase());
  const offered = matching();
  if (dismissed || !offered.length) return close();
  if (!isOpen()) open(offered.length);
  activate(offered[0]);
}

function move(step) {
  const offered = matching();
  const active = offered.findIndex((option) => option.getAttribute("aria-selected") === "true");
  activate(offered.at((active + step) % offered.length));
}

const keys = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => choose(menu.querySelector("[aria-selected=true]").dataset, ""),
};

// Captured, so that the composer does not send on the Enter that takes a preset.
input.addEventListener("keydown", (event) => {
  const composing = event.isComposing || event.keyCode === 229;
  if (!isOpen() || composing || event.defaultPrevented) return;
  if (event.key === "Tab") return close();
  if (event.shiftKey || !keys[event.key]) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  keys[event.key]();
}, { capture: true });

input.addEventListener("input", offer);
input.addEventListener("blur", close);
menu.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the message
menu.addEventListener("click", ({ target }) => {
  const option = target.closest("[role=option]");
  if (option) choose(option.dataset, "");
});

document.addEventListener("click", (event) => {
  const starter = event.target.closest("[data-starter]");
  const option = starter && optionOf(starter.dataset.starter);
  if (!option || opensElsewhere(event)) return;
  event.preventDefault();
  choose(option.dataset, input.value);
});

document.getElementById("preset-chooser")?.addEventListener("submit", (event) => {
  event.preventDefault();
  choose(optionOf(new FormData(event.target).get("preset")).dataset, input.value);
});

// A preset that is taken off takes its opening with it, and the focus goes to the message.
document.getElementById("leave-preset").addEventListener("submit", (event) => {
  fillIn("", input.value);
  if (menu.dataset.use) return;
  event.preventDefault();
  fillInSettings({}, "");
});

// Settings that were changed by hand are no longer those of the preset, whichever server answers.
panel.addEventListener("input", ({ target }) => {
  if (!firstSettings()?.contains(target) || target.name === "settings-endpoint") return;
  firstSettings().dataset.preset = "";
  showInUse();
});

// The address names a preset: put the draft where its opening says {code}.
function fillInFromAddress() {
  const { opening } = input.dataset;
  if (opening === undefined || input.value !== opening.replace(codePlaceholder, "")) return;
  fillIn(opening, localStorage.getItem(`draft:${form.dataset.draft}`) ?? "");
}

fillInFromAddress();
document.getElementById("model-servers").addEventListener("chosen", showInUse); // settings that were chosen before are back
whenOpened(() => {
  dismissed = false;
  close();
  showInUse();
  fillInFromAddress();
});
