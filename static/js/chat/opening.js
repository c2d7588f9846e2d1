// Open another conversation in this page: fetch its page, put its parts in the place of the shown ones, and keep the
// browser's history. A link that the page cannot follow by itself is left to the browser.

import { opensElsewhere, transcript } from "./dom.js";
import { left, opened } from "./opened.js";
import { placeOf, returnTo } from "./transcript/place.js";
import { showToast } from "../shell.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const attaching = document.getElementById("attaching");
const announcer = document.getElementById("announcer");
const column = document.getElementById("conversations");
const touch = matchMedia("(hover: none) and (pointer: coarse)");
const conversationPath = /^\/chat\/[0-9a-f-]{36}\/$/;
const unreachable = "The server cannot be reached. Check your connection, then try again.";

// Change only these parts between two conversations' pages. Elements stay, with their listeners; content changes.
const parts = {
  "#conversation-header": "innerMorph",
  "#transcript": "outerMorph",
  "#preset-menu": "outerMorph",
  "#preset-chooser": "outerMorph",
  "#model-servers": "outerMorph",
  "#queued": "outerMorph",
  "#composer": "outerMorph",
  "#stop": "outerMorph",
  "#context-usage": "outerMorph",
  "#model-choices": "outerMorph",
  "#settings-form": "outerHTML", // with the saved values, whatever was chosen and not saved
};

const places = new Map(); // where the reader was, by address
let shown = location.href;
let fetching = null;

const isConversation = ({ origin, pathname }) => origin === location.origin && conversationPath.test(pathname);
// An answer that is on its way is for this conversation.
const isBusy = () =>
  form.hasAttribute("data-sending") || attaching.textContent || document.querySelector("#queue.htmx-request, #queued .htmx-request");
const canSwap = () => "socket" in transcript.dataset && !isBusy();

/** Return the page at the address as a document, or null if it shows no conversation. Throw if it cannot be fetched. */
async function fetched(address) {
  fetching?.abort();
  fetching = new AbortController();
  const answer = await fetch(address, { signal: fetching.signal });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("#transcript[data-socket]") ? page : null;
}

async function swap(page) {
  for (const focused of page.querySelectorAll("[autofocus]")) focused.removeAttribute("autofocus");
  const present = Object.keys(parts).filter((part) => document.querySelector(part) && page.querySelector(part));
  const text = present.map((part) => page.querySelector(part).outerHTML).join("");
  const selectOOB = present.map((part) => `${part}:${parts[part]}`).join();
  await htmx.swap({ sourceElement: transcript, target: transcript, swap: "none", selectOOB, text, transition: false });
  document.title = page.title;
}

function closeAll() {
  for (const open of document.querySelectorAll(":popover-open")) open.hidePopover();
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
}

function mark() {
  const id = `conversation-${location.pathname.split("/")[2]}`;
  for (const link of column.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
  document.getElementById(id)?.setAttribute("aria-current", "page");
  htmx.trigger("#conversations-refresh", "refresh");
}

function remember() {
  places.set(shown, placeOf());
}

function focus() {
  // On a phone the composer would open the keyboard over the page.
  if (touch.matches) document.getElementById("scroller").focus({ preventScroll: true });
  else input.focus({ preventScroll: true });
  announcer.textContent = document.title.split(" · ")[0];
}

/** Show the page in the place of the shown one. `move` changes the browser's history, before anything asks for it. */
async function show(page, move) {
  remember();
  left();
  closeAll();
  move();
  shown = location.href;
  await swap(page);
  opened();
  mark();
  focus();
}

async function follow(href) {
  transcript.setAttribute("aria-busy", "true");
  try {
    const page = await fetched(href);
    if (!page || !canSwap()) return location.assign(href);
    const move = href === shown ? "replaceState" : "pushState";
    await show(page, () => history[move]({ htmx: true }, "", href)); // htmx restores what has its mark
  } catch (error) {
    if (error.name !== "AbortError") showToast(unreachable, "danger");
  } finally {
    transcript.removeAttribute("aria-busy");
  }
}

/** Show what the browser's history went to, at the place where the reader was. */
async function restore() {
  const place = places.get(location.href);
  try {
    let page = await fetched(location.href);
    const isMissing = page && place && !page.getElementById(place.id);
    if (isMissing) page = await fetched(`${location.pathname}?at=${place.position}`);
    if (!page || !canSwap()) return location.reload();
    await show(page, () => {});
    returnTo(place);
  } catch (error) {
    if (error.name !== "AbortError") location.reload();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.altKey || opensElsewhere(event)) return;
  if (link.target || link.hasAttribute("download") || link.search || link.hash || !isConversation(link) || !canSwap()) return;
  event.preventDefault();
  follow(link.href);
});

document.addEventListener("htmx:before:history:restore", (event) => {
  event.preventDefault();
  restore();
});

// A response to the conversation that was left has no place on this page.
document.addEventListener("htmx:before:request", ({ detail }) => (detail.ctx.shown = shown));
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.shown && ctx.shown !== shown) event.preventDefault();
});
