// The chat page: its parts, each on its own.
import "./attachments.js";
import "./composer.js";
import "./connection.js";
import "./messages.js";
import "./code.js";
import "./scrolling.js";
import "./found.js"; // after scrolling.js, which goes to the end
import "./shortcuts.js";
import "./sidebar.js";
import "./updates.js";
import "./view_start.js";
