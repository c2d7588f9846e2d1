// Shows what a search has found: scrolls to the message that the address names, and marks the words that were sought.

const words = new URLSearchParams(location.search).get("find")?.match(/[\p{L}\p{N}]+/gu) ?? [];
const message = location.hash.startsWith("#message-") ? document.getElementById(location.hash.slice(1)) : null;

function* places(root, pattern) {
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

if (message) {
  const body = message.querySelector(".message__body");
  const longestFirst = words.toSorted((one, other) => other.length - one.length);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})`, "giu");
  const found = words.length && body ? [...places(body, pattern)] : [];
  if (found.length && CSS.highlights) CSS.highlights.set("found", new Highlight(...found));
  (found[0]?.startContainer.parentElement ?? message).scrollIntoView({ block: found.length ? "center" : "start" });
}
