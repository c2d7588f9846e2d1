// Copy a command from a page of the guide, and announce it.

import { copy } from "../chat/clipboard.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy-command]");
  if (!button) return;
  copy(button.closest("figure").querySelector("code").textContent, "command", button);
});
