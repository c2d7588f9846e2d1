// Chords: keys that are pressed together. `command` is Ctrl, or Cmd on Apple keyboards.

const mac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const incomplete = new Set(["Control", "Shift", "Alt", "AltGraph", "Meta", "CapsLock", "Fn", "NumLock", "Dead", "Process", "Unidentified"]);
const names = { Escape: "Esc", " ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };
const edits = /^([acvxyz]|Backspace|Delete|Home|End|Arrow.*)$/; // with Ctrl

export const commandKey = mac ? "⌘" : "Ctrl";

const isLetter = (key) => key.toLowerCase() !== key.toUpperCase();
const isSign = (key) => key.length === 1 && key !== " " && !isLetter(key);

/** Return the pressed keys, or null for a modifier alone, AltGr and input methods. */
export function pressed(event) {
  const { key, altKey, shiftKey, ctrlKey, metaKey, isComposing } = event;
  if (isComposing || incomplete.has(key) || event.getModifierState("AltGraph") || (mac ? ctrlKey : metaKey)) return null;
  return { key: key.length === 1 ? key.toLowerCase() : key, command: mac ? metaKey : ctrlKey, alt: altKey, shift: shiftKey };
}

/** Compare a chord with pressed keys. Some keyboards need Shift for a sign: ignore it unless the chord names it. */
export function fits(chord, { key, command, alt, shift }) {
  if (chord.key !== key || Boolean(chord.command) !== Boolean(command) || Boolean(chord.alt) !== Boolean(alt)) return false;
  return Boolean(chord.shift) === Boolean(shift) || (!chord.shift && isSign(key));
}

/** Return the chord to keep for the pressed keys. */
export const chordOf = ({ key, command, alt, shift }) => ({ key, command, alt, shift: shift && !isSign(key) });

/** Say whether the keys write a character in a text field. */
export const writes = ({ key, command, alt }) => key.length === 1 && !command && !alt;

/** Say whether the browser or page needs the keys for something else. */
export function isTaken({ key, command, alt, shift }) {
  if (key === "Enter" || key === "Tab" || key === " ") return true;
  if (command) return !alt && !shift && edits.test(key);
  return !alt && key.length > 1 && !/^F\d+$/.test(key) && !(key === "Escape" && shift);
}

/** Return the names of the keys, in the order of pressing. */
export function keysOf({ key, command, alt, shift }) {
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return [command && commandKey, alt && (mac ? "⌥" : "Alt"), shift && "Shift", name].filter(Boolean);
}
