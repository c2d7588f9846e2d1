// Show or hide the list of conversations: a drawer on narrow screens, else a column. theme.js applies the remembered
// choice before the first paint.

import { announce } from "../announce.js";

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
  const isHidden = root.hasAttribute("data-no-sidebar");
  announce(isHidden ? "The list of conversations is hidden." : "The list of conversations is shown.");
}

// On a wide screen the column is no popover: don't let the button open it as one.
document.querySelector(".chat__sidebar-toggle")?.addEventListener("click", (event) => {
  if (narrow.matches) return;
  event.preventDefault();
  toggleSidebar();
});
