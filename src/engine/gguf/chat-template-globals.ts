/** What every template finds beside its variables, as the Transformers library provides it. */

/** What a template says by raise_exception. */
export class Refusal extends Error {}

/** Templates may write today's date: always 26 July 2024, the one Llama 3.1's falls back to, so that runs repeat. */
const FIXED_DATE: Readonly<Record<string, string>> = {
  Y: "2024",
  y: "24",
  m: "07",
  B: "July",
  b: "Jul",
  d: "26",
  A: "Friday",
  a: "Fri",
  j: "208",
  H: "00",
  I: "12",
  M: "00",
  S: "00",
  p: "AM",
  "%": "%",
};

const MAX_RANGE = 100_000;

export const TEMPLATE_GLOBALS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception: (message: unknown) => {
    throw new Refusal(String(message));
  },
  strftime_now: (format: unknown) => String(format).replace(/%(-?)([A-Za-z%])/g, fixedDate),
};

function fixedDate(directive: string, dash: string, letter: string): string {
  const text = FIXED_DATE[letter] ?? directive;
  return dash === "" ? text : text.replace(/^0+(?=.)/, "");
}

/** Python's range as a list; templates count messages, so a long one is a mistake or an attack. */
function range(first: number, second?: number | null, step: number | null = 1): number[] {
  const [start, stop] = typeof second === "number" ? [first, second] : [0, first];
  const stride = step ?? 1;
  const length = Math.max(0, Math.ceil((stop - start) / stride));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of more than ${MAX_RANGE} numbers`);
  return Array.from({ length }, (_, index) => start + index * stride);
}
