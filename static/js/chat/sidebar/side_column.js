// Shows and hides the list of conversations: a drawer where there is little room, else a column. That it is hidden is
// remembered, and known before the first paint (theme.js).

import { say } from "../say.js";

const list = document.getElementById("conversations");
const root = document.documentElement;
const memory = "sidebar";
const narrow = matchMedia("(width < 48rem)");

function hide(hidden) {
  root.toggleAttribute("data-no-sidebar", hidden);
  if (hidden) localStorage.setItem(memory, "off");
  else localStorage.removeItem(memory);
}

export function toggleSidebar() {
  if (narrow.matches) return list.togglePopover();
  hide(!root.hasAttribute("data-no-sidebar"));
  say(root.hasAttribute("data-no-sidebar") ? "The list of conversations is hidden." : "The list of conversations is shown.");
}

export function showSidebar() {
  if (list.checkVisibility()) return;
  if (narrow.matches) list.showPopover();
  else hide(false);
}

// On a wide screen it is no popover, whatever the button says.
document.querySelector(".chat__sidebar-toggle")?.addEventListener("click", (event) => {
  if (narrow.matches) return;
  event.preventDefault();
  toggleSidebar();
});
