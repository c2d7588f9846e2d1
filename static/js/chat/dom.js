// What several parts of the page ask the document.

/** Whether a click opens its link elsewhere, in a new tab or window. */
export const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

/** The messages whose reply is queued or being written. */
export const unfinishedReplies = () => document.querySelectorAll('.message:is([data-state="queued"], [data-state="running"])');

export const replyIsBeingWritten = () => unfinishedReplies().length > 0;
