// Change a text field as if it was typed, so that the browser's undo knows it.

/** Put `text` in place of all that the field holds from code unit `start` on. */
export function replaceFrom(field, start, text) {
  replaceRange(field, start, field.value.length, text);
}

/** Put `text` in place of the code units from `start` to `end`. */
export function replaceRange(field, start, end, text) {
  if (start === end && !text) return;
  field.focus();
  field.setSelectionRange(start, end);
  // Only execCommand keeps the field's undo history; a browser without it loses only the history.
  const isDone = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
  if (isDone) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
