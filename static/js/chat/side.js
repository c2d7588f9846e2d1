// The pages beside the conversations.
import "./code.js";
import "./shortcuts.js";
import "./sidebar.js";
