// Mark the first message that still fits the model's context window, as the latest finished reply tells.

const transcript = document.getElementById("transcript");
const mark = document.createElement("p");
mark.className = "view-start";
mark.id = "view-start";

function latestReply() {
  for (let message = transcript.lastElementChild; message; message = message.previousElementSibling) {
    if (message.dataset.seesFrom) return message;
  }
  return null;
}

function update() {
  const position = latestReply()?.dataset.seesFrom ?? "1";
  const first = position === "1" ? null : transcript.querySelector(`:scope > .message[data-position="${CSS.escape(position)}"]`);
  if (!first) return mark.remove(); // nothing is left out, or the page does not carry that message
  const above = Number(position) - 1;
  mark.textContent = `The model no longer sees the ${above.toLocaleString("en")} messages above.`;
  mark.dataset.position = `${above}.5`; // messages are added by position, above or below the mark
  if (first.previousElementSibling !== mark) first.before(mark);
}

update();
// Don't watch inside messages: a reply changes many times a second.
new MutationObserver(update).observe(transcript, { childList: true });
new MutationObserver(update).observe(transcript, { subtree: true, attributeFilter: ["data-sees-from"] });
