// Marks where the model's view of the conversation begins, as the latest reply that has been written says.

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

function place() {
  const position = latestReply()?.dataset.seesFrom ?? "1";
  const first = position === "1" ? null : transcript.querySelector(`:scope > .message[data-position="${CSS.escape(position)}"]`);
  if (!first) return mark.remove(); // nothing is left out, or the page does not carry that place
  const above = Number(position) - 1;
  mark.textContent = `The model no longer sees the ${above.toLocaleString("en")} messages above.`;
  mark.dataset.position = `${above}.5`; // what is added by position finds its place around it
  if (first.previousElementSibling !== mark) first.before(mark);
}

place();
// Not what is written within messages: a reply changes many times a second.
new MutationObserver(place).observe(transcript, { childList: true });
new MutationObserver(place).observe(transcript, { subtree: true, attributeFilter: ["data-sees-from"] });
