// The pages beside the conversations.
import "./copy.js";
import "./sidebar.js";
