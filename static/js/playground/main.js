import "./following.js";
import "./deciding.js";
import "./differences.js";
import "./gap.js";
import "./colours.js";
