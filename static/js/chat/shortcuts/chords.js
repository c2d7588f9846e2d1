// Keys that are pressed together: which they are, whether they are the same, and how they are shown. `command` is Ctrl,
// and Cmd on Apple's keyboards.

const mac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const nothingYet = new Set(["Control", "Shift", "Alt", "AltGraph", "Meta", "CapsLock", "Fn", "NumLock", "Dead", "Process", "Unidentified"]);
const names = { Escape: "Esc", " ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };
const edits = /^([acvxyz]|Backspace|Delete|Home|End|Arrow.*)$/; // with Ctrl

export const commandKey = mac ? "⌘" : "Ctrl";

const isLetter = (key) => key.toLowerCase() !== key.toUpperCase();
const isSign = (key) => key.length === 1 && key !== " " && !isLetter(key);

/** What an event says is pressed; null for a modifier alone, and for keys that write with AltGr or an input method. */
export function pressed(event) {
  const { key, altKey, shiftKey, ctrlKey, metaKey, isComposing } = event;
  if (isComposing || nothingYet.has(key) || event.getModifierState("AltGraph") || (mac ? ctrlKey : metaKey)) return null;
  return { key: key.length === 1 ? key.toLowerCase() : key, command: mac ? metaKey : ctrlKey, alt: altKey, shift: shiftKey };
}

/** Where a sign lies decides whether it takes Shift, so that counts only for a chord that names it. */
export function fits(chord, { key, command, alt, shift }) {
  if (chord.key !== key || Boolean(chord.command) !== Boolean(command) || Boolean(chord.alt) !== Boolean(alt)) return false;
  return Boolean(chord.shift) === Boolean(shift) || (!chord.shift && isSign(key));
}

/** What is kept of the keys that were pressed. */
export const chordOf = ({ key, command, alt, shift }) => ({ key, command, alt, shift: shift && !isSign(key) });

/** Whether they write something where something can be written. */
export const writes = ({ key, command, alt }) => key.length === 1 && !command && !alt;

/** Whether they do something already that no shortcut may take away. */
export function isTaken({ key, command, alt, shift }) {
  if (key === "Enter" || key === "Tab" || key === " ") return true;
  if (command) return !alt && !shift && edits.test(key);
  return !alt && key.length > 1 && !/^F\d+$/.test(key) && !(key === "Escape" && shift);
}

/** The names of the keys, in the order in which they are pressed. */
export function keysOf({ key, command, alt, shift }) {
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return [command && commandKey, alt && (mac ? "⌥" : "Alt"), shift && "Shift", name].filter(Boolean);
}
