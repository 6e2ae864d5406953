// What `require("telltale")` gives: the very same module. Node.js has loaded ES modules by `require` since 20.19 and 22.12,
// so there is one copy of everything, whichever way it is asked for.
import telltale = require("./index.js");

export = telltale;
