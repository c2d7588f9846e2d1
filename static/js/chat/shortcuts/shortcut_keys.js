// The keys of each shortcut: the user's, kept in the browser, or else the default ones.

import { fits } from "./chords.js";

const memory = "shortcut-keys";
const command = (key) => ({ key, command: true });
const shifted = (key) => ({ key, command: true, shift: true });

const defaults = {
  search: [command("k")],
  begin: [shifted("o")],
  sidebar: [shifted("s")],
  write: [{ key: "Escape", shift: true }],
  "copy-reply": [shifted("c")],
  "copy-code": [shifted(";"), { ...shifted(":"), unseen: true }], // the same keys on many keyboards
  delete: [shifted("Backspace")],
  list: [{ key: "?" }, command("/")],
};

let own = recall();

function recall() {
  try {
    const kept = Object.entries(JSON.parse(localStorage.getItem(memory)) ?? {});
    return Object.fromEntries(kept.filter(([name, chord]) => name in defaults && typeof chord?.key === "string"));
  } catch {
    return {}; // another program wrote to this item
  }
}

function keep() {
  if (Object.keys(own).length) localStorage.setItem(memory, JSON.stringify(own));
  else localStorage.removeItem(memory);
}

export const isOwn = (name) => name in own;
export const chordsOf = (name) => (isOwn(name) ? [own[name]] : defaults[name]);
export const shortcutFor = (keys) => Object.keys(defaults).find((name) => chordsOf(name).some((chord) => fits(chord, keys)));

/** Return another shortcut that has one of these chords. */
function clashOf(name, chords) {
  const clashes = (one, other) => fits(one, other) || fits(other, one);
  return Object.keys(defaults).find((other) =>
    other !== name && chordsOf(other).some((chord) => chords.some((wanted) => clashes(chord, wanted))));
}

/** Set a shortcut's chord, or restore the default for null. Return the shortcut that has the chord already, or null. */
export function setChord(name, chord) {
  const clash = clashOf(name, chord ? [chord] : defaults[name]);
  if (clash) return clash;
  if (chord) own[name] = chord;
  else delete own[name];
  keep();
  return null;
}

/** Call back when another tab sets a chord. */
export function whenSetElsewhere(callback) {
  addEventListener("storage", ({ key }) => {
    if (key !== memory) return;
    own = recall();
    callback();
  });
}
