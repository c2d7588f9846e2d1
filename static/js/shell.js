// What the shell needs beyond HTML: dismissing toasts, and words for a request that failed.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button) return;
  button.closest(button.dataset.dismiss)?.remove();
  // The focus went with it; the next Tab goes on from the content.
  if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
});

// With a link to what the words are about, where there is one: its address, and what it is called.
export function showToast(text, tone = "info", link = null) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = tone;
  const words = document.createElement("p");
  words.className = "toast__text";
  words.textContent = text;
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "button button--ghost button--small";
  dismiss.dataset.dismiss = ".toast";
  dismiss.textContent = "Dismiss";
  toast.append(words, ...(link ? [linkTo(link)] : []), dismiss);
  for (const said of document.querySelectorAll("#toasts > .toast")) if (said.textContent === toast.textContent) said.remove();
  document.getElementById("toasts")?.append(toast);
}

function linkTo({ href, words }) {
  const link = document.createElement("a");
  link.className = "button button--small";
  link.href = href;
  link.textContent = words;
  return link;
}

const reasons = {
  403: "You may not do that. Your session may have ended: reload the page and sign in.",
  404: "That no longer exists. Reload the page to see what is there.",
  429: "Too many requests at once. Wait a moment, then try again.",
};

// What the page asks for by itself it asks for again.
const isUnasked = ({ target }) => Boolean(target.closest?.("[data-unasked]"));

document.addEventListener("htmx:response:error", (event) => {
  const { detail } = event;
  if (isUnasked(event)) return;
  const status = detail.ctx.response.status;
  if (reasons[status]) showToast(reasons[status], "danger");
  else if (status >= 500) showToast(`The server failed to answer (error ${status}). Nothing was changed; try again.`, "danger");
});

document.addEventListener("htmx:error", (event) => {
  const { detail } = event;
  if (isUnasked(event)) return;
  if (detail.error instanceof TypeError) showToast("The server cannot be reached. Check your connection, then try again.", "danger");
});

// A popover menu that becomes part of the page on a wide screen must not stay in the top layer.
matchMedia("(width >= 48rem)").addEventListener("change", () => {
  for (const open of document.querySelectorAll(":popover-open")) open.hidePopover();
});
