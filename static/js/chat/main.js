// The chat page: its parts, each on its own.
import "./composer.js";
import "./connection.js";
import "./copy.js";
import "./scrolling.js";
import "./sidebar.js";
import "./updates.js";
