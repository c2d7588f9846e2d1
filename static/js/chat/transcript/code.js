// The buttons of a code block: copy, wrap, download, open in playground. Wrapping applies to all blocks and is remembered.

import { copy } from "../clipboard.js";
import { announce } from "../announce.js";

const memory = "code:wrap";
const root = document.documentElement;
const codeOf = (element) => element.closest(".code-block")?.querySelector("code");

// Without a line end at its end: a shell would run what is pasted.
export const toCopy = (code) => code.textContent.replace(/[\r\n]+$/, "");

function wrap(wrapped) {
  root.toggleAttribute("data-wrap-code", wrapped);
}

function toggleWrap() {
  const wrapped = !root.hasAttribute("data-wrap-code");
  wrap(wrapped);
  if (wrapped) localStorage.setItem(memory, "on");
  else localStorage.removeItem(memory);
  announce(wrapped ? "Long lines of code are wrapped." : "Long lines of code are not wrapped.");
}

// Name the file by the block's number: the model gives no name.
function download(button) {
  const blocks = [...(button.closest(".message") ?? document).querySelectorAll(".code-block")];
  const number = blocks.indexOf(button.closest(".code-block")) + 1;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([codeOf(button).textContent], { type: "text/plain" }));
  link.download = `code-${number}.${button.dataset.download}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
  announce(`Downloaded ${link.download}.`);
}

// Post the code: an address would be too short for it.
function openInPlayground(code) {
  const form = document.querySelector("#open-in-playground");
  form.elements.code.value = code.textContent;
  form.submit();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button:is([data-copy], [data-wrap], [data-download], [data-playground])");
  if (!button || !codeOf(button)) return;
  if ("wrap" in button.dataset) toggleWrap();
  else if ("download" in button.dataset) download(button);
  else if ("playground" in button.dataset) openInPlayground(codeOf(button));
  else copy(toCopy(codeOf(button)), "code", button);
});

wrap(localStorage.getItem(memory) === "on");
