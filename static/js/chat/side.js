// The pages beside the conversations.
import "./copy.js";
import "./shortcuts.js";
import "./sidebar.js";
