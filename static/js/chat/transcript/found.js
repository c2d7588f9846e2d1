// Scroll to the message or position in the address, and highlight the words that were searched for.

import { whenOpened } from "../opened.js";
import { leave } from "./scrolling.js";

const parameter = (name) => new URLSearchParams(location.search).get(name) ?? "";
const words = () => parameter("find").match(/[\p{L}\p{N}]+/gu) ?? [];
const namedMessage = /^#message-([0-9a-f-]{36})$/;
let found = [];

function pattern() {
  const longestFirst = words().toSorted((one, other) => other.length - one.length);
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})`, "giu");
}

function* matches(root) {
  const sought = pattern();
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const match of texts.currentNode.data.matchAll(sought)) {
      const range = new Range();
      range.setStart(texts.currentNode, match.index);
      range.setEnd(texts.currentNode, match.index + match[0].length);
      yield range;
    }
  }
}

const transcript = document.getElementById("transcript");

// Search the transcript only: skip links have hashes too.
const target = () =>
  transcript.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`) ??
  transcript.querySelector(`:scope > [data-position="${CSS.escape(parameter("at"))}"]`);

function mark() {
  const body = target()?.querySelector(".message__body");
  found = words().length && body ? [...matches(body)] : [];
  CSS.highlights?.set("found", new Highlight(...found));
}

function go() {
  const [, id] = location.hash.match(namedMessage) ?? [];
  // The page does not carry the message: load the part that does.
  if (id && !document.getElementById(`message-${id}`)) return location.replace(`${location.pathname}${id}/`);
  const message = target();
  if (!message) return;
  mark();
  leave();
  (found[0]?.startContainer.parentElement ?? message).scrollIntoView({ block: found.length ? "center" : "start" });
}

go();
whenOpened(() => {
  found = [];
  CSS.highlights?.delete("found");
  go();
});
// Going back to another page changes the hash too: opening.js shows that page first.
addEventListener("hashchange", ({ oldURL, newURL }) => {
  const [from, to] = [oldURL, newURL].map((address) => address.split("#")[0]);
  if (from === to && namedMessage.test(location.hash)) go();
});
// The last frame replaces a reply that has just ended, and its highlights.
document.addEventListener("htmx:after:swap", () => found.some((range) => range.collapsed) && mark());
