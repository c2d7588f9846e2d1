// Tell other modules when the page shows another conversation: opening.js calls, they listen.

const leaving = [];
const opening = [];

/** Call back before the shown conversation leaves the page. */
export const whenLeaving = (callback) => leaving.push(callback);

/** Call back once the page shows another conversation: its address, its parts and its data are in place. */
export const whenOpened = (callback) => opening.push(callback);

export const left = () => leaving.forEach((callback) => callback());
export const opened = () => opening.forEach((callback) => callback());
