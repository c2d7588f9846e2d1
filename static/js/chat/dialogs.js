// Open a link's page in a dialog of this page.

import { opensElsewhere } from "./dom.js";

export async function openIn(dialog, { href }) {
  const answer = await fetch(href, { headers: { "HX-Request": "true" }, redirect: "manual" });
  if (!answer.ok) return location.assign(href);
  const text = await answer.text();
  await htmx.swap({ sourceElement: dialog, target: dialog, swap: "innerHTML", text, transition: false });
  dialog.showModal();
  dialog.scrollTop = 0;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || opensElsewhere(event)) return;
  event.preventDefault();
  openIn(document.getElementById(link.dataset.dialog), link);
});
