// What `require("telltale")` gives: the very same module. Node.js has loaded ES modules by `require` since 20.19 and 22.12,
// so there is one copy of everything, whichever way it is asked for.

// biome-ignore lint/suspicious/noTsIgnore: an error is expected in some callers' projects only, and never in this one.
/** @ts-ignore "module": "node16" is older than that: without this it complains in a caller's project, and still has the types. */
import telltale = require("./index.js");

export = telltale;
