// Questions to the document that several modules ask.

export const transcript = document.getElementById("transcript");

/** Say whether a click opens its link in a new tab or window. */
export const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

/** Return the messages that are queued or being written. */
export const unfinishedReplies = () =>
  document.querySelectorAll('.message:is([data-state="queued"], [data-state="running"])');

export const replyIsBeingWritten = () => unfinishedReplies().length > 0;
