// Show a toast when a reply ends in a conversation that is not open, as the refreshed list tells.

import { showToast } from "../../shell.js";

const list = document.getElementById("conversation-list");
const words = {
  succeeded: ["info", "has been answered."],
  failed: ["danger", "could not be answered."],
}; // no toast for a stopped reply: its owner stopped it

const beingAnswered = () => new Set([...list.querySelectorAll(".conversation:has(.live-dot)")].map(({ id }) => id));
let before = beingAnswered();

document.addEventListener("htmx:after:swap", () => {
  const now = beingAnswered();
  for (const id of before.difference(now)) {
    const link = document.getElementById(id);
    const [tone, end] = words[link?.dataset.reply] ?? [];
    if (!end || link.matches("[aria-current]")) continue;
    const title = link.querySelector(".conversation__title").textContent;
    showToast(`“${title}” ${end}`, tone, { href: link.href, words: "Read it" });
  }
  before = now;
});
