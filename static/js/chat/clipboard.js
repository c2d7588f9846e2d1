// Puts a text on the clipboard, and shows on the button that it is there.

import { say } from "./say.js";

const whileShown = 2_000; // ms
const shown = new WeakMap();

// `text` may be a promise: a browser that asks for a person's click would not wait for it otherwise.
async function put(text) {
  if (navigator.clipboard && window.ClipboardItem) {
    const blob = Promise.resolve(text).then((given) => new Blob([given], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  }
  return putByCommand(await text); // over plain HTTP there is no other way
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

// `what` is named to screen readers, such as “code block”; without a button the words alone say how it went.
export async function copy(text, what, button) {
  try {
    await put(text);
    if (button) showOn(button, "Copied");
    say(`Copied the ${what}.`);
  } catch {
    const found = await Promise.resolve(text).then(() => true, () => false);
    if (button) showOn(button, "Not copied");
    say(found ? "The browser does not allow copying." : `The ${what} could not be fetched.`);
  }
}
