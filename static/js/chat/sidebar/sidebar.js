// The list of conversations: open a conversation's menu, and refresh the list when it may have changed.

import { opensElsewhere } from "../dom.js";

const menu = document.getElementById("conversation-menu");
const column = document.getElementById("conversations");
const refresh = document.getElementById("conversations-refresh");
let opener = null;

const narrow = matchMedia("(width < 48rem)");

function open(link) {
  // Inside the open drawer: a popover outside would close it.
  (link.closest("[popover]") ?? document.querySelector("main")).append(menu);
  menu.setAttribute("aria-label", link.getAttribute("aria-label"));
  menu.showPopover({ source: link });
  menu.querySelector("summary")?.focus();
  opener = link;
  opener.setAttribute("aria-expanded", "true");
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-menu]");
  if (!link || opensElsewhere(event)) return;
  event.preventDefault();
  if (menu.matches(":popover-open")) menu.hidePopover();
  menu.replaceChildren(); // a refused request must not show the last menu
  await htmx.ajax("GET", link.href, { target: menu, swap: "innerHTML" });
  if (menu.childElementCount) open(link);
});

menu.addEventListener("toggle", ({ target, newState }) => {
  if (target === menu && newState === "closed") opener?.removeAttribute("aria-expanded");
  if (newState === "closed" && opener?.isConnected && menu.contains(document.activeElement)) opener.focus();
});

// Select the title, to type over it.
menu.addEventListener("toggle", ({ target }) => {
  if (!target.matches("details[open]")) return;
  target.querySelector("input[name=title]")?.select();
}, { capture: true });

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const items = [...menu.querySelectorAll(".menu__item")].filter((item) => item.checkVisibility());
  const next = items.indexOf(document.activeElement) + step;
  items.at(next % items.length)?.focus();
  event.preventDefault();
});

menu.addEventListener("click", ({ target }) => target.closest("a[download], a[data-dialog]") && menu.hidePopover());

menu.addEventListener("htmx:after:request", ({ target, detail }) => {
  if (!detail.ctx.response?.raw?.ok) return;
  if (menu.matches(":popover-open")) menu.hidePopover();
  // The drawer covers the toast.
  if (target.matches("[data-leaves-list]") && column.matches(":popover-open")) column.hidePopover();
});

// Another tab may have changed the list; a sent message starts a reply.
document.addEventListener("visibilitychange", () => document.hidden || htmx.trigger(refresh, "refresh"));
document.getElementById("composer")?.addEventListener("htmx:after:request", () => htmx.trigger(refresh, "refresh"));

// Undo removes its toast: focus the restored conversation.
let restored = "";

document.addEventListener("submit", ({ target }) => {
  restored = target.closest?.("[id^=undo-]")?.id.replace("undo-", "conversation-") ?? "";
});

document.addEventListener("htmx:after:swap", () => {
  const link = document.activeElement === document.body && document.getElementById(restored);
  if (!link) return;
  restored = "";
  link.focus();
});

// Don't change the list while its menu is open or conversations are selected.
document.addEventListener("htmx:before:request", (event) => {
  const isPoll = event.target.closest?.("#conversations-refresh, [id^=conversations-poll]");
  const isBusy = menu.matches(":popover-open") || document.querySelector("#conversations[data-selecting]");
  if (isPoll && isBusy) event.preventDefault();
});
