import "./following.js";
import "./deciding.js";
import "./differences.js";
