// The list of shortcuts, with buttons to change their keys.

import { chordOf, commandKey, isTaken, keysOf, pressed, writes } from "./chords.js";
import { closeOnEscape } from "../escape.js";
import { announce } from "../announce.js";
import { chordsOf, isOwn, setChord, whenSetElsewhere } from "./shortcut_keys.js";

const list = document.getElementById("shortcuts");
const status = document.getElementById("shortcuts-status");
const rows = [...list.querySelectorAll("[data-shortcut]")];
const unchanged = "The keys stay as they are.";
let changing = null; // the row that waits for new keys

const titleOf = (row) => row.querySelector("dt").textContent;
const titleOfShortcut = (name) => titleOf(rows.find(({ dataset }) => dataset.shortcut === name));
const changeOf = (row) => row.querySelector("[data-change]");
const inWords = (chord) => keysOf(chord).join(" ");

function drawn(chord) {
  return keysOf(chord).flatMap((name) => {
    const key = document.createElement("kbd");
    key.className = "kbd";
    key.textContent = name;
    return [key, " "];
  });
}

function show(row) {
  const { shortcut } = row.dataset;
  const chords = chordsOf(shortcut).filter(({ unseen }) => !unseen);
  const keys = chords.flatMap((chord, number) => (number ? ["or ", ...drawn(chord)] : drawn(chord)));
  row.querySelector("[data-keys]").replaceChildren(...keys);
  row.querySelector("[data-default]").hidden = !isOwn(shortcut);
  for (const place of document.querySelectorAll(`kbd[data-keys-of="${shortcut}"]`)) place.textContent = inWords(chords[0]);
}

/** Show a text below the row, and announce it. */
function report(row, text) {
  for (const { lastElementChild: said } of rows) said.textContent = "";
  row.lastElementChild.textContent = text;
  announce(text, status);
}

function begin(row) {
  leave();
  changing = row;
  closeOnEscape({ isOpen: () => changing === row, close: () => leave(unchanged) });
  changeOf(row).setAttribute("aria-pressed", "true");
  changeOf(row).focus();
  report(row, "Press the new keys. Escape leaves it as it is, Backspace takes the default back.");
}

function leave(text = "") {
  if (!changing) return;
  const row = changing;
  changing = null;
  changeOf(row).setAttribute("aria-pressed", "false");
  report(row, text);
}

function give(row, chord) {
  const clash = setChord(row.dataset.shortcut, chord);
  if (clash) return report(row, `${inWords(chord)} is for “${titleOfShortcut(clash)}” already. Press other keys, or Escape.`);
  show(row);
  leave(`“${titleOf(row)}” is on ${inWords(chord)} now${writes(chord) ? ", where nothing is being written" : ""}.`);
}

function giveDefault(row) {
  const clash = setChord(row.dataset.shortcut, null);
  show(row);
  leave();
  changeOf(row).focus(); // the default button may be hidden now
  if (clash) report(row, `Its default keys are for “${titleOfShortcut(clash)}” now. Change those first.`);
  else report(row, `“${titleOf(row)}” is on ${inWords(chordsOf(row.dataset.shortcut)[0])} again.`);
}

function record(event) {
  if (!changing) return;
  if (event.key === "Tab") return leave(); // the browser moves the focus
  event.preventDefault();
  const keys = event.repeat ? null : pressed(event);
  if (!keys) return;
  const alone = !keys.command && !keys.alt && !keys.shift;
  if (alone && (keys.key === "Backspace" || keys.key === "Delete")) return giveDefault(changing);
  if (isTaken(keys)) return report(changing, `${inWords(keys)} has a use of its own. Press others, with ${commandKey} or Alt.`);
  give(changing, chordOf(keys));
}

list.addEventListener("keydown", record);
list.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-shortcut]");
  if (target.closest("[data-default]")) giveDefault(row);
  else if (target.closest("[data-change]")) changing === row ? leave(unchanged) : begin(row);
});
list.addEventListener("focusout", ({ target }) => changing && target === changeOf(changing) && leave());
list.addEventListener("close", () => report(rows[0], ""));
whenSetElsewhere(() => rows.forEach(show));
rows.forEach(show);
