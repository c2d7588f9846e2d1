// The pages beside the conversations.
import "./code.js";
import "./shortcuts.js";
import "./elsewhere.js";
import "./sidebar.js";
import "./selecting.js";
