// Follows the reply only while the reader is at its end: whatever a reader does to go up, or to hold on to something,
// lets go of the end, and only going there again takes hold of it. Whoever reads first is at the end only where they have
// asked for it.

import { awaitReply, awaitsReply, keepAtTop, readsFirst, release } from "./reading.js";

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const jump = document.getElementById("jump-to-latest");
const nearEnd = 4; // px
const lately = 400; // ms, in which a reply grows while somebody scrolls to its end
const upwards = new Set(["ArrowUp", "PageUp", "Home"]);
const asks = /\/(retry|continue|edit)\/$/;
const goesOn = /\/continue\/$/;

let pinned = "socket" in transcript.dataset && !awaitsReply(); // a conversation that is to begin is read from its top
let seen = 0; // where the scroller was last seen
let left = { message: null, height: 0 }; // what the last message reached down to when the end was let go of
let width = scroller.clientWidth;
const heights = []; // of the last moments, and when they were

const isAtEndOf = (height) => height - scroller.clientHeight - scroller.scrollTop <= nearEnd;
const isAtEnd = () => isAtEndOf(scroller.scrollHeight);
const reachesEnd = () => isAtEnd() || isAtEndOf(heightLately());
const last = () => transcript.lastElementChild;
const reach = (message) => transcript.getBoundingClientRect().bottom - message.getBoundingClientRect().top;

/** How much has been written since the reader left the end, in lines. */
function newLines() {
  if (!left.message?.isConnected) return "";
  const lines = Math.round((reach(left.message) - left.height) / parseFloat(getComputedStyle(transcript).lineHeight));
  return lines > 0 ? `${lines} new line${lines > 1 ? "s" : ""}` : "";
}

function show() {
  if (!pinned && isAtEnd()) measure(); // all that is there is seen
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
  left = { message: last(), height: last() ? reach(last()) : 0 };
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
  if (scroller.clientWidth !== width) measure(); // lines that break elsewhere are no new ones
  width = scroller.clientWidth;
  keepAtTop();
  if (pinned) scroller.scrollTop = scroller.scrollHeight;
  seen = scroller.scrollTop;
  show();
}

scroller.addEventListener("scroll", () => {
  const { scrollTop } = scroller;
  // What grows between our own scrolling and this event is no reader's doing, so only the direction counts. At the
  // end it is no reader either: there is less to scroll than there was.
  if (scrollTop < seen - 1 && !isAtEnd()) leave();
  else if (scrollTop > seen && reachesEnd() && !readsFirst()) return pin();
  seen = scrollTop;
  show();
}, { passive: true });

// Before it is seen in a scroll event, the next token would undo it.
scroller.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && leave(), { passive: true });
scroller.addEventListener("touchmove", leave, { passive: true });
scroller.addEventListener("pointerdown", ({ offsetX, target }) => {
  if (target === scroller && offsetX >= scroller.clientWidth) leave(); // the scrollbar
});
scroller.addEventListener("keydown", ({ key, shiftKey, target }) => {
  if (target.matches("textarea, input")) return;
  if (upwards.has(key) || (key === " " && shiftKey && target === scroller)) leave();
});

// What a reader has focused or selected stays where it is.
transcript.addEventListener("focusin", leave);
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (!selection.isCollapsed && transcript.contains(selection.anchorNode)) leave();
});

jump.addEventListener("click", () => {
  pin();
  scroller.focus({ preventScroll: true }); // the button that had it is gone
});

// Whoever asks wants to see the answer.
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
new ResizeObserver(follow).observe(transcript);
new ResizeObserver(follow).observe(scroller);
follow();
