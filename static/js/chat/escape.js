// One Escape key for the page: it closes what was opened last and is still open. Popovers and dialogs are closed by the
// browser.

const opened = [];
let otherwise = () => {};

/** Let Escape call `close` while `isOpen()`, if `takes` accepts the focused element. */
export function closeOnEscape({ isOpen, takes = () => true, close }) {
  opened.splice(0, Infinity, ...opened.filter((entry) => entry.isOpen()));
  opened.push({ isOpen, takes, close });
}

/** Call `act` on an Escape that has nothing to close. */
export function actOnEscape(act) {
  otherwise = act;
}

document.addEventListener("keydown", (event) => {
  const { key, altKey, ctrlKey, metaKey, shiftKey, isComposing, target } = event;
  if (key !== "Escape" || isComposing) return;
  if (altKey || ctrlKey || metaKey || shiftKey) return; // may be a shortcut
  const entry = opened.findLast(({ isOpen, takes }) => isOpen() && takes(target));
  if (entry) {
    event.preventDefault(); // or the browser would close a popover or dialog around it
    entry.close();
  } else if (!document.querySelector(":popover-open, dialog[open]")) {
    otherwise();
  }
}, { capture: true });
