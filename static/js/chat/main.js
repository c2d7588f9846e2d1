// The chat page: its parts, each on its own.
import "./attachments.js";
import "./composer.js";
import "./gauge.js";
import "./keyboard.js";
import "./connection.js";
import "./dialogs.js";
import "./elsewhere.js";
import "./messages.js";
import "./code.js";
import "./gaps.js";
import "./found.js";
import "./presets.js";
import "./settings.js";
import "./shortcuts.js";
import "./sidebar.js";
import "./updates.js";
import "./view_start.js";
