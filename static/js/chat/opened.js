// Whether the page shows another conversation than the one it was loaded with: opening.js says so, others listen.

const leaving = [];
const opening = [];

/** Call back before the shown conversation leaves the page. */
export const whenLeaving = (callback) => leaving.push(callback);

/** Call back once the page shows another conversation: its address, its parts and its data are in place. */
export const whenOpened = (callback) => opening.push(callback);

export const left = () => leaving.forEach((callback) => callback());
export const opened = () => opening.forEach((callback) => callback());
