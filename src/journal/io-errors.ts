export { readFailed, systemCode, writeFailed } from "../io-errors.js";
