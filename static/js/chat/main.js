// The chat page.
import "./composer/attachments.js";
import "./composer/composer.js";
import "./composer/context_usage.js";
import "./composer/keyboard.js";
import "./composer/models.js";
import "./composer/queue.js";
import "./composer/sending.js";
import "./connection/connection.js";
import "./copying.js";
import "./dialogs.js";
import "./sidebar/elsewhere.js";
import "./transcript/messages.js";
import "./transcript/code.js";
import "./transcript/gaps.js";
import "./transcript/found.js";
import "./composer/presets.js";
import "./sidebar/selecting.js";
import "./composer/settings.js";
import "./shortcuts/shortcuts.js";
import "./sidebar/sidebar.js";
import "./transcript/updates.js";
import "./transcript/view_start.js";
import "./opening.js"; // last: the others see a click first
