// Goes to the place that the address names, a message or a position, and marks there the words that were sought.

import { leave } from "./scrolling.js";

const parameters = new URLSearchParams(location.search);
const words = parameters.get("find")?.match(/[\p{L}\p{N}]+/gu) ?? [];
const longestFirst = words.toSorted((one, other) => other.length - one.length);
const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})`, "giu");
const namedMessage = /^#message-([0-9a-f-]{36})$/;
let found = [];

function* places(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const match of texts.currentNode.data.matchAll(pattern)) {
      const range = new Range();
      range.setStart(texts.currentNode, match.index);
      range.setEnd(texts.currentNode, match.index + match[0].length);
      yield range;
    }
  }
}

const transcript = document.getElementById("transcript");

// Skip links lead elsewhere on the page.
const sought = () =>
  transcript.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`) ??
  transcript.querySelector(`:scope > [data-position="${CSS.escape(parameters.get("at") ?? "")}"]`);

function mark() {
  const body = sought()?.querySelector(".message__body");
  found = words.length && body ? [...places(body)] : [];
  CSS.highlights?.set("found", new Highlight(...found));
}

function go() {
  const [, id] = location.hash.match(namedMessage) ?? [];
  // A message that the page does not carry.
  if (id && !document.getElementById(`message-${id}`)) return location.replace(`${location.pathname}${id}/`);
  const message = sought();
  if (!message) return;
  mark();
  leave();
  (found[0]?.startContainer.parentElement ?? message).scrollIntoView({ block: found.length ? "center" : "start" });
}

go();
addEventListener("hashchange", () => namedMessage.test(location.hash) && go());
// What has just been written is sent once more, and takes the place of what was marked.
document.addEventListener("htmx:after:swap", () => found.some((range) => range.collapsed) && mark());
