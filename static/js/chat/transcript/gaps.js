// Gaps: messages that the page does not carry. Fetch them as the reader comes near. Keep the visible message still
// while messages are added above it or another thread replaces them all.

import { whenOpened } from "../opened.js";
import { follow } from "./scrolling.js";

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const announcer = document.getElementById("announcer");
const nearby = "1200px 0px"; // about a screen and a half before the reader is there

let hasScrolled = false;
let kept = null;

const topOf = (element) => element.getBoundingClientRect().top;
const messages = () => [...transcript.querySelectorAll(":scope > .message")];

function isInView(element) {
  const [view, box] = [scroller.getBoundingClientRect(), element.getBoundingClientRect()];
  return box.bottom > view.top && box.top < view.bottom;
}

/** Return the message that must not move: beside the visible gap, or else the first visible one. */
function anchorFor(gap, side) {
  if (!gap || !isInView(gap)) return messages().find(isInView);
  const [follows, precedes] = [Node.DOCUMENT_POSITION_FOLLOWING, Node.DOCUMENT_POSITION_PRECEDING];
  const where = (message) => gap.compareDocumentPosition(message);
  if (side === "start") return messages().findLast((message) => where(message) & precedes);
  return messages().find((message) => where(message) & follows);
}

document.addEventListener("htmx:before:swap", ({ detail }) => {
  const task = detail.tasks.find(({ target, swapSpec }) =>
    target?.classList?.contains("gap") || (target === transcript && swapSpec.style === "innerHTML"));
  if (!task) return;
  const gap = task.target === transcript ? null : task.target;
  const side = detail.ctx.sourceElement?.dataset?.gap;
  const anchor = anchorFor(gap, side);
  kept = {
    gap: gap !== null,
    side,
    anchor,
    top: anchor && topOf(anchor),
    focused: gap?.contains(document.activeElement),
    before: new Set(messages()),
  };
});

document.addEventListener("htmx:before:settle", () => {
  if (!kept) return;
  const { gap, side, anchor, top, focused, before } = kept;
  kept = null;
  const same = anchor?.isConnected ? anchor : replacementOf(anchor);
  if (same) scroller.scrollTop += topOf(same) - top;
  follow();
  watch();
  if (!gap) return;
  const added = messages().filter((message) => !before.has(message));
  if (focused) focus(side === "start" ? added[0] : added.at(-1));
  if (announcer && added.length) announcer.textContent = `${added.length} more messages are shown.`;
});

/** Return the message at the same position in the thread that is shown now. */
function replacementOf(message) {
  if (!message) return null;
  return document.getElementById(message.id) ??
    messages().find(({ dataset }) => dataset.position === message.dataset.position);
}

function focus(message) {
  if (!message) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

const near = new IntersectionObserver((entries) => {
  if (!hasScrolled) return;
  for (const { isIntersecting, target, boundingClientRect, rootBounds } of entries) {
    if (!isIntersecting || target.querySelector(".htmx-request")) continue;
    const isBelow = boundingClientRect.top > (rootBounds.top + rootBounds.bottom) / 2;
    (target.querySelector(isBelow ? "[data-gap=start]" : "[data-gap=end]") ?? target.querySelector("[data-gap]")).click();
  }
}, { root: scroller, rootMargin: nearby });

function watch() {
  near.disconnect(); // report gaps that are near already
  for (const gap of transcript.querySelectorAll(":scope > .gap")) near.observe(gap);
}

whenOpened(() => {
  hasScrolled = false;
  near.disconnect();
});

// Fetch nothing until the reader scrolls.
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  scroller.addEventListener(kind, () => {
    if (hasScrolled) return;
    hasScrolled = true;
    watch();
  }, { passive: true });
}

