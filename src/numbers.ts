/** From here on a number is shown as a power of ten; below the other, a fraction is. */
const LARGE = 100_000;
const SMALL = 0.001;

/** A whole number with its thousands apart, e.g. "12,345". */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A large number to its first digits, e.g. "494M", "1.5M", "7.6B". */
export function formatCompact(value: number): string {
  return COMPACT.format(value);
}

/** A measured number to three significant digits, e.g. "4.21", "12,345", "1.2e9": whole where it is above 1,000. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  if (size >= LARGE || size < SMALL) return value.toExponential(1).replace("e+", "e");
  // Not toPrecision: it would write 1234 as a power of ten, too.
  return size >= 999.5 ? formatCount(Math.round(value)) : value.toPrecision(3);
}

/** Seconds as "0:42", "12:05" or "1:02:03". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Bytes as "512 bytes", "340 kB", "12.3 MB", "4.7 GB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  while (value >= 999.95 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[0]}`;
}
