/** Whether a switch of the environment is on, as the Hugging Face tools read theirs. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ["1", "ON", "YES", "TRUE"].includes(value.toUpperCase());
}
