// Put the gap at the cursor: the text before it goes into the first pane, the text after it into the second.

import { announce, bench } from "./result.js";
import { replaceFrom, replaceRange } from "./typing.js";

const button = bench?.querySelector("[data-gap]");
let last; // the pane that had the cursor

function putGap() {
  const [before, after] = bench.querySelectorAll(".pane__text");
  const cursor = (last ?? before).selectionStart;
  if (last === after) {
    const head = after.value.slice(0, cursor);
    replaceRange(after, 0, cursor, "");
    replaceFrom(before, before.value.length, head);
  } else {
    const tail = before.value.slice(cursor);
    replaceRange(after, 0, 0, tail);
    replaceFrom(before, cursor, "");
  }
  announce("The gap is at the cursor.");
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", putGap);
  bench.addEventListener("focusin", ({ target }) => {
    if (target.matches(".pane__text")) last = target;
  });
  bench.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.altKey || !event.target.matches(".pane__text")) return;
    event.preventDefault();
    putGap();
  });
}
