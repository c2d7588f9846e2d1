// Follow the reply while the reader is at its end. Scrolling up, focusing or selecting unpins; scrolling to the end
// pins again. With “Keep the question at the top” only the button “Jump to latest” pins.

import { whenOpened } from "../opened.js";
import { awaitReply, awaitsReply, keepAtTop, readsFirst, release } from "./reading.js";

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const jump = document.getElementById("jump-to-latest");
const nearEnd = 4; // px
const lately = 400; // ms that a reader needs to scroll to the end of a growing reply
const upwards = new Set(["ArrowUp", "PageUp", "Home"]);
const asks = /\/(retry|continue|edit)\/$/;
const goesOn = /\/continue\/$/;

const hasMessages = () => "socket" in transcript.dataset; // a new conversation's page starts at the top

let pinned = hasMessages() && !awaitsReply();
let seen = 0; // the last known scroll position
let left = { id: "", height: 0 }; // the last message's height when the reader left the end
let width = scroller.clientWidth;
const heights = []; // of the last moments, with their times

export const isPinned = () => pinned;
const isAtEndOf = (height) => height - scroller.clientHeight - scroller.scrollTop <= nearEnd;
const isAtEnd = () => isAtEndOf(scroller.scrollHeight);
const reachesEnd = () => isAtEnd() || isAtEndOf(heightLately());
const last = () => transcript.lastElementChild;
const reach = (message) => transcript.getBoundingClientRect().bottom - message.getBoundingClientRect().top;

/** Return how many lines were written since the reader left the end, in words. */
function newLines() {
  const message = left.id && document.getElementById(left.id); // the element may have been replaced
  if (!message) return "";
  const lines = Math.round((reach(message) - left.height) / parseFloat(getComputedStyle(transcript).lineHeight));
  return lines > 0 ? `${lines} new line${lines > 1 ? "s" : ""}` : "";
}

function show() {
  if (!pinned && isAtEnd()) measure(); // the reader sees everything
  jump.hidden = pinned || isAtEnd() || !last();
  const news = jump.hidden ? "" : newLines();
  jump.dataset.new = news;
  jump.setAttribute("aria-description", news);
}

export function pin() {
  release();
  pinned = true;
  follow();
}

function measure() {
  left = { id: last()?.id ?? "", height: last() ? reach(last()) : 0 };
}

export function leave() {
  release();
  if (!pinned) return;
  pinned = false;
  measure();
}

function heightLately() {
  while (heights[1]?.at < performance.now() - lately) heights.shift();
  return heights[0].height;
}

export function follow() {
  heights.push({ height: scroller.scrollHeight, at: performance.now() });
  heightLately();
  if (scroller.clientWidth !== width) measure(); // rewrapped lines are not new lines
  width = scroller.clientWidth;
  keepAtTop();
  if (pinned) scroller.scrollTop = scroller.scrollHeight;
  seen = scroller.scrollTop;
  show();
}

scroller.addEventListener("scroll", () => {
  const { scrollTop } = scroller;
  // The reply may grow between our own scrolling and this event, so only the direction tells a reader's scrolling. At
  // the end, a shrinking transcript scrolls up too.
  if (scrollTop < seen - 1 && !isAtEnd()) leave();
  else if (scrollTop > seen && reachesEnd() && !readsFirst()) return pin();
  seen = scrollTop;
  show();
}, { passive: true });

// Unpin before the scroll event: the next token would undo the reader's scrolling.
scroller.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && leave(), { passive: true });
scroller.addEventListener("touchmove", leave, { passive: true });
scroller.addEventListener("pointerdown", ({ offsetX, target }) => {
  if (target === scroller && offsetX >= scroller.clientWidth) leave(); // the scrollbar
});
scroller.addEventListener("keydown", ({ key, shiftKey, target }) => {
  if (target.matches("textarea, input")) return;
  if (upwards.has(key) || (key === " " && shiftKey && target === scroller)) leave();
});

// Keep still what the reader focused or selected.
transcript.addEventListener("focusin", leave);
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (!selection.isCollapsed && transcript.contains(selection.anchorNode)) leave();
});

jump.addEventListener("click", () => {
  pin();
  scroller.focus({ preventScroll: true }); // the focused button is hidden now
});

// Show the reply to a question.
document.addEventListener("htmx:before:request", ({ target, detail }) => {
  const { action } = detail.ctx.request;
  if (target.id !== "composer" && !asks.test(action)) return;
  if (!readsFirst()) return pin();
  leave();
  if (!goesOn.test(action)) awaitReply(target);
});
document.addEventListener("htmx:after:swap", () => awaitsReply() && follow());
document.getElementById("reading-first").addEventListener("change", () => {
  if (readsFirst()) leave();
  else if (isAtEnd()) pin();
  follow();
});
whenOpened(() => {
  left = { id: "", height: 0 };
  heights.length = 0;
  release();
  pinned = hasMessages();
  if (!pinned) scroller.scrollTop = 0;
  follow();
});
new ResizeObserver(follow).observe(transcript);
new ResizeObserver(follow).observe(scroller);
follow();
