// Dismiss toasts, remove them after a while, and show a toast for a failed request.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button) return;
  button.closest(button.dataset.dismiss)?.remove();
  // The focused button is gone: let the next Tab continue from the content.
  if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
});

const time = { usually: 8_000, toAct: 15_000 }; // ms that a toast stays; longer if it has a button

/** Remove a toast after a while without pointer or focus on it. */
function letGo(toast) {
  const stay = toast.querySelector("form, a") ? time.toAct : time.usually;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), stay);
  };
  for (const event of ["pointerenter", "pointerleave", "focusin", "focusout"]) toast.addEventListener(event, wait);
  wait();
}

const toasts = document.getElementById("toasts");
if (toasts) {
  for (const toast of toasts.children) letGo(toast);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) letGo(node);
  }).observe(toasts, { childList: true });
}

/** Show a toast, with a link `{ href, words }` to its subject where it has one. */
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

// No toast for polling: the page repeats these requests by itself.
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

// On a wide screen the menu is part of the page: take it out of the top layer.
matchMedia("(width >= 48rem)").addEventListener("change", () => {
  for (const open of document.querySelectorAll(":popover-open")) open.hidePopover();
});
