// Shows what a search has found: scrolls to the message that the address names, and marks the words that were sought.

const words = new URLSearchParams(location.search).get("find")?.match(/[\p{L}\p{N}]+/gu) ?? [];
const sought = location.hash.startsWith("#message-") ? location.hash.slice(1) : "";
const longestFirst = words.toSorted((one, other) => other.length - one.length);
const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})`, "giu");
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

function mark() {
  const body = document.getElementById(sought)?.querySelector(".message__body");
  found = words.length && body ? [...places(body)] : [];
  CSS.highlights?.set("found", new Highlight(...found));
}

const message = document.getElementById(sought);
if (message) {
  mark();
  (found[0]?.startContainer.parentElement ?? message).scrollIntoView({ block: found.length ? "center" : "start" });
  // What has just been written is sent once more, and takes the place of what was marked.
  document.addEventListener("htmx:after:swap", () => found.some((range) => range.collapsed) && mark());
}
