// Open another conversation, a message in it, or a new conversation in this page: fetch its page, put its parts in the
// place of the shown ones, and keep the browser's history. A link that the page cannot follow is left to the browser.

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
const id = "[0-9a-f-]{36}";
const openable = new RegExp(`^/chat/(?:ask/|${id}/(?:(${id})/)?)?$`); // with the id of a message
const unreachable = "The server cannot be reached. Check your connection, then try again.";

// Change only these parts between two pages. Elements stay, with their listeners; content changes.
const parts = {
  "#skip-to-reply": "outerMorph",
  "#conversation-header": "innerMorph",
  "#transcript": "outerMorph",
  "#beginning": "innerHTML",
  "#preset-menu": "outerMorph",
  "#preset-chooser": "outerMorph",
  "#model-servers": "outerMorph",
  "#queued": "outerMorph",
  "#composer": "outerMorph",
  "#leave-preset": "outerMorph",
  "#stop": "outerMorph",
  "#context-usage": "outerMorph",
  "#model-choices": "outerMorph",
  "#conversation-settings": "innerHTML", // with the saved values, whatever was chosen and not saved
};

const places = new Map(); // where the reader was, by address
const chosen = new Map(); // a new conversation's settings, which only the page has, by address
let shown = location.href;
let fetching = null;

const withoutHash = (address) => address.split("#")[0];
const isOpenable = ({ origin, pathname }) => origin === location.origin && openable.test(pathname);
// A response under way belongs to the shown conversation.
const isBusy = () =>
  form.hasAttribute("data-sending") || attaching.textContent || document.querySelector("#queue.htmx-request, #queued .htmx-request");

/** Fetch a page instead of the one that is still being fetched. `act` gets a signal to fetch with. */
async function instead(act) {
  fetching?.abort();
  const mine = (fetching = new AbortController());
  transcript.setAttribute("aria-busy", "true");
  try {
    await act(mine.signal);
  } finally {
    if (fetching === mine) transcript.removeAttribute("aria-busy");
  }
}

/** Return the page at the address as a document, with its own address, or null if it cannot be shown here. */
async function fetched(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("#transcript") && page.querySelector("#composer") ? { page, address: answer.url } : null;
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
  const [, , conversation] = location.pathname.split("/");
  const beginning = column.querySelector(`:scope > a[href="${location.pathname}"]`);
  for (const link of column.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
  (document.getElementById(`conversation-${conversation}`) ?? beginning)?.setAttribute("aria-current", "page");
  htmx.trigger("#conversations-refresh", "refresh");
}

const firstSettings = () => document.getElementById("settings-first");

function remember() {
  places.set(shown, placeOf());
  if (firstSettings()) chosen.set(shown, firstSettings());
}

function chooseAgain() {
  const settings = chosen.get(shown);
  if (!settings || !firstSettings()) return;
  firstSettings().replaceWith(settings);
  htmx.trigger("#model-servers", "chosen");
}

function focus() {
  const message = location.hash && transcript.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`);
  if (message) message.tabIndex = -1;
  // On a phone the composer would open the keyboard over the page.
  const target = message || (touch.matches ? document.getElementById("scroller") : input);
  target.focus({ preventScroll: true });
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

/** Open an address. Call `leave`, which loads its page, if it cannot be shown here. */
async function follow(href, leave, options = {}) {
  const { pathname, hash } = new URL(href);
  const [, message] = pathname.match(openable);
  try {
    await instead(async (signal) => {
      const found = await fetched(href, { ...options, signal });
      if (!found || isBusy()) return leave();
      const address = found.address + (message ? `#message-${message}` : hash); // a fetch does not tell the hash
      const move = address === shown ? "replaceState" : "pushState";
      await show(found.page, () => history[move]({ htmx: true }, "", address));
    });
  } catch (error) {
    if (error.name !== "AbortError") showToast(unreachable, "danger");
  }
}

/** Show the page of the browser's history entry, at the reader's former position. */
async function restore() {
  const place = places.get(location.href);
  try {
    await instead(async (signal) => {
      let found = await fetched(location.href, { signal });
      const isMissing = found && place && !found.page.getElementById(place.id);
      if (isMissing) found = await fetched(`${location.pathname}?at=${place.position}`, { signal });
      if (!found || isBusy()) return location.reload();
      await show(found.page, () => {});
      chooseAgain();
      returnTo(place);
    });
  } catch (error) {
    if (error.name !== "AbortError") location.reload();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.altKey || opensElsewhere(event)) return;
  if (link.target || link.hasAttribute("download") || link.hash || !isOpenable(link) || isBusy()) return;
  event.preventDefault();
  follow(link.href, () => location.assign(link.href));
});

// A search result in another version of the conversation: submit the form that shows that version.
column.addEventListener("submit", (event) => {
  const { target } = event;
  if (event.defaultPrevented || !target.closest("#conversations-found") || isBusy()) return;
  event.preventDefault();
  follow(target.action, () => target.submit(), { method: "POST", body: new FormData(target) });
});

// History entries made by a hash lack htmx's mark, so htmx does not report all entries.
document.addEventListener("htmx:before:history:restore", (event) => event.preventDefault());
addEventListener("popstate", () => {
  if (withoutHash(location.href) !== withoutHash(shown)) return restore();
  fetching?.abort(); // back at the page that is still shown
});

// A response to the conversation that was left has no place on this page.
document.addEventListener("htmx:before:request", ({ detail }) => (detail.ctx.shown = shown));
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.shown && ctx.shown !== shown) event.preventDefault();
});
