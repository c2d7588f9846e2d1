// Copy a text to the clipboard, show the result on the button, and announce it.

import { announce } from "./announce.js";

const whileShown = 2_000; // ms
const shown = new WeakMap();

// `text` may be a promise: a browser that requires a click does not wait for a fetch before the call.
async function put(text) {
  if (navigator.clipboard && window.ClipboardItem) {
    const blob = Promise.resolve(text).then((given) => new Blob([given], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  }
  return putByCommand(await text); // plain HTTP has no navigator.clipboard
}

function putByCommand(text) {
  const fill = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", fill);
  const done = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  if (!done) throw new Error("not allowed");
}

function showOn(button, word) {
  const label = button.querySelector("[data-word]") ?? button;
  const { before = label.textContent, timer } = shown.get(label) ?? {};
  clearTimeout(timer);
  label.textContent = word;
  const restore = () => {
    label.textContent = before;
    shown.delete(label);
  };
  shown.set(label, { before, timer: setTimeout(restore, whileShown) });
}

/** Copy `text`, and announce it as `what`, such as “code block”. */
export async function copy(text, what, button) {
  try {
    await put(text);
    if (button) showOn(button, "Copied");
    announce(`Copied the ${what}.`);
  } catch {
    const found = await Promise.resolve(text).then(() => true, () => false);
    if (button) showOn(button, "Not copied");
    announce(found ? "The browser does not allow copying." : `The ${what} could not be fetched.`);
  }
}
