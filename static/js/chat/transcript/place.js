// Keep the reader's place in a conversation, to come back to it.

import { isPinned, leave } from "./scrolling.js";

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");

const fromTop = (message) => message.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

/** Return the first visible message with its distance from the top, or null at the end, which is followed. */
export function placeOf() {
  if (isPinned()) return null;
  const { top } = scroller.getBoundingClientRect();
  const messages = [...transcript.querySelectorAll(":scope > .message")];
  const message = messages.find((each) => each.getBoundingClientRect().bottom > top);
  return message ? { id: message.id, position: message.dataset.position, top: fromTop(message) } : null;
}

/** Scroll to a place. */
export function returnTo(place) {
  const message = place && document.getElementById(place.id);
  if (!message) return;
  leave();
  scroller.scrollTop += fromTop(message) - place.top;
}
