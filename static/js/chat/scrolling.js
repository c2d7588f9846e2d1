// Follows the reply only while the reader is at the end of it.

const scroller = document.getElementById("scroller");
const transcript = document.getElementById("transcript");
const jump = document.getElementById("jump-to-latest");
const nearEnd = 32; // px

let pinned = true;

const distanceFromEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;

function follow() {
  if (pinned) scroller.scrollTop = scroller.scrollHeight;
  jump.hidden = pinned || distanceFromEnd() <= nearEnd;
}

scroller.addEventListener("scroll", () => {
  pinned = distanceFromEnd() <= nearEnd;
  jump.hidden = pinned;
});

// A wheel or key that goes up unpins at once, also when the next token would scroll down before the event is seen.
scroller.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && (pinned = false), { passive: true });

jump.addEventListener("click", () => {
  pinned = true;
  follow();
});

document.getElementById("composer").addEventListener("htmx:before:request", () => (pinned = true));
new ResizeObserver(follow).observe(transcript);
follow();
