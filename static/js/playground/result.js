// The result on the page: it is replaced when a run is started, and its outputs when they end.

export const bench = document.getElementById("bench");
export const result = () => document.getElementById("result");
export const active = ":is([data-state=queued], [data-state=running])";

/** Return the text of an output, as far as it is written, with line ends as text fields have them. */
export const textOf = (output) => output.querySelector(".output__text").textContent.replaceAll("\r\n", "\n");

/** Return the only output that keys can accept or dismiss; null if there is none, or more than one. */
export function openOutput() {
  const outputs = document.querySelectorAll(".output");
  return outputs.length === 1 && outputs[0].querySelector("[data-dismiss-output]") ? outputs[0] : null;
}

/** Return the editor's text field in front of the output; null side by side. */
export const fieldBefore = () => (result()?.dataset.kind === "side-by-side" ? null : bench.querySelector(".pane__text"));

/** Call `look` now and whenever something outside the panes changes. */
export function whenChanged(look) {
  if (!bench) return;
  const observer = new MutationObserver((changes) => {
    if (changes.some(({ target }) => !target.closest(".pane"))) look();
  });
  observer.observe(bench.querySelector(".bench__editor"), { childList: true, subtree: true });
  look();
}

export function announce(sentence) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = sentence;
}
