import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { type FileFormat, fileFormat } from "../file.js";

/**
 * Which of a dataset's files are its documents, in name order.
 *
 * Parquet if there is any, else JSON Lines. Of these, the files under data/ if any, else those under default/ if any;
 * of what remains, the `train` split if the names tell of one. Several subsets are read one after the other.
 */
export function selectDataFiles<File extends { path: string }>(dataset: string, files: readonly File[]): File[] {
  const ofFormat = (format: FileFormat) => files.filter((file) => fileFormat(file.path) === format);
  const parquet = ofFormat("parquet");
  const candidates = parquet.length > 0 ? parquet : ofFormat("jsonLines");
  if (candidates.length === 0) {
    throw new TelltaleError(
      "BAD_CORPUS",
      `The dataset ${quoted(dataset)} holds no Parquet or JSON Lines file at this revision. The hub's own conversion ` +
        `may: try hf:${dataset}@refs/convert/parquet, or download a file and use file:PATH.`,
    );
  }
  const within = (folder: string) => candidates.filter((file) => file.path.startsWith(folder));
  const main = [within("data/"), within("default/"), candidates].find((group) => group.length > 0) ?? [];
  const train = main.filter((file) => /(^|[/_.-])train([/_.-]|$)/.test(file.path));
  const selected = train.length > 0 ? train : main;
  return selected.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
