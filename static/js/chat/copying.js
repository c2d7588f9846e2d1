// Copy messages and conversations as they were written, in Markdown.

import { copy } from "./clipboard.js";

async function fetched(address) {
  const answer = await fetch(address, { redirect: "error" }); // an ended session redirects to the sign-in page
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy-message]");
  if (!button) return;
  const what = button.closest(".message").dataset.role === "user" ? "question" : "reply";
  copy(fetched(button.dataset.copyMessage), what, button);
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy-conversation]");
  if (button) copy(fetched(button.dataset.copyConversation), "conversation", button);
});
