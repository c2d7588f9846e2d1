// The pages of the chat that show no conversation.
import "./transcript/code.js";
import "./shortcuts/shortcuts.js";
import "./sidebar/elsewhere.js";
import "./sidebar/sidebar.js";
import "./sidebar/selecting.js";
