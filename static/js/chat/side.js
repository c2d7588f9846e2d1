// The pages beside the conversations.
import "./sidebar.js";
