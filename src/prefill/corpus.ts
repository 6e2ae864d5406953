import { TelltaleError } from "../errors.js";
import type { HubFile } from "../hub/listing.js";
import { type HubOptions, hubSettings } from "../hub/settings.js";
import { builtinFiles } from "./builtin.js";
import { regularFileSize } from "./bytes.js";
import { ensureFile } from "./dataset/file.js";
import { resolveSnapshot } from "./dataset/snapshot.js";
import { type CorpusDocument, DEFAULT_COLUMN } from "./document.js";
import { knownFormat, readFileDocuments } from "./file.js";
import type { BuiltinSpec, CorpusSpec, FileSpec, HubSpec } from "./spec.js";

/** A corpus that can be read, any number of times. */
export interface Corpus {
  /** The configuration's corpus part. */
  name: string;
  /** What exactly is read, for the run's record: plain JSON. */
  origin: CorpusOrigin;
  /** Streamed, in the corpus' own order. Files of a dataset are downloaded when their turn comes. */
  documents: AsyncIterable<CorpusDocument>;
}

/** What exactly a corpus is: plain JSON. */
export type CorpusOrigin =
  | {
      kind: "builtin";
      /** Its files. */
      files: {
        /** Without folders. */
        name: string;
        /** Bytes. */
        size: number;
      }[];
    }
  | {
      kind: "file";
      /** As it was given. */
      path: string;
      /** Bytes. */
      size: number;
      /** The column or field that holds the text. */
      column: string;
    }
  | {
      kind: "hf";
      /** The hub's address; it holds no credentials. */
      endpoint: string;
      /** OWNER/DATASET. */
      dataset: string;
      /** As asked for. */
      revision: string;
      /** What that was: 40 hexadecimal digits. */
      commit: string;
      /** The column or field that holds the text. */
      column: string;
      /** Its files, in their order. */
      files: HubFile[];
    };

export interface CorpusOptions extends HubOptions {
  /** The column or field that holds the text, unless the specification names one. Default "text". */
  column?: string | undefined;
}

/** Finds a corpus and says what it is; fails here where it does not exist. Its documents are not read yet. */
export async function openCorpus(spec: CorpusSpec, options: CorpusOptions = {}): Promise<Corpus> {
  switch (spec.kind) {
    case "builtin":
      return openBuiltin(spec);
    case "file":
      return openFile(spec, options.column ?? DEFAULT_COLUMN);
    case "hf":
      return openDataset(spec, options);
  }
}

async function openBuiltin(spec: BuiltinSpec): Promise<Corpus> {
  const files = await builtinFiles();
  const documents = repeatable(async function* () {
    for (const file of files) yield* readFileDocuments(file.path);
  });
  return {
    name: spec.name,
    origin: { kind: "builtin", files: files.map(({ name, size }) => ({ name, size })) },
    documents,
  };
}

async function openFile(spec: FileSpec, column: string): Promise<Corpus> {
  const size = await regularFileSize(spec.path);
  knownFormat(spec.path);
  return {
    name: spec.name,
    origin: { kind: "file", path: spec.path, size, column },
    documents: repeatable(() => readFileDocuments(spec.path, { column })),
  };
}

async function openDataset(spec: HubSpec, options: CorpusOptions): Promise<Corpus> {
  const hub = hubSettings(options);
  const column = spec.column ?? options.column ?? DEFAULT_COLUMN;
  const { commit, files } = await resolveSnapshot(spec, hub);
  const documents = repeatable(async function* () {
    for (const file of files) {
      if (hub.signal?.aborted) throw new TelltaleError("CANCELLED", "Cancelled while the corpus was being read.");
      const path = await ensureFile(spec, commit, file, hub);
      yield* readFileDocuments(path, { column, label: file.path });
    }
  });
  const dataset = `${spec.owner}/${spec.dataset}`;
  return {
    name: spec.name,
    origin: { kind: "hf", endpoint: hub.endpoint, dataset, revision: spec.revision, commit, column, files },
    documents,
  };
}

function repeatable(open: () => AsyncGenerator<CorpusDocument>): AsyncIterable<CorpusDocument> {
  return { [Symbol.asyncIterator]: open };
}
