// The pages of the chat that show no conversation.
import "./copying.js";
import "./dialogs.js";
import "./transcript/code.js";
import "./shortcuts/shortcuts.js";
import "./sidebar/elsewhere.js";
import "./sidebar/sidebar.js";
import "./sidebar/selecting.js";
