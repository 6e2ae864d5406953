import { isNode, LineCounter, parseDocument, type YAMLError } from "yaml";
import { TelltaleError } from "../../errors.js";

/** A text as YAML, of which JSON is a part. */
export interface YamlText {
  value: unknown;
  /** The line, from 1 on, of what these keys and indices lead to, or of the nearest thing around it. */
  lineOf: (path: readonly PropertyKey[]) => number;
}

/** Copies that aliases may make of what has an anchor, altogether. */
const MOST_ALIASED = 100;

const WORDS: Partial<Record<YAMLError["code"], string>> = {
  DUPLICATE_KEY: "a name comes twice",
  MULTIPLE_DOCS: "it holds several documents",
  RESOURCE_EXHAUSTION: "it is nested too deeply",
  TAG_RESOLVE_FAILED: "it uses a tag (!...)",
};

/**
 * Reads YAML 1.2 with its core schema: no tags, no merging, names unique; BAD_ARGUMENT, `subject` being how it is called and `advice`
 * a sentence for who gave something else.
 */
export function parseYaml(text: string, subject: string, advice = "Correct it."): YamlText {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(Math.max(0, offset)).line);
  try {
    const document = parseDocument(text, {
      schema: "core",
      resolveKnownTags: false,
      merge: false,
      stringKeys: true,
      logLevel: "error",
      prettyErrors: false,
      lineCounter: lines,
    });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) {
      const where = `${subject}, line ${lineAt(problem.pos[0])},`;
      throw new TelltaleError("BAD_ARGUMENT", unreadable(where, WORDS[problem.code] ?? problem.message, advice));
    }
    const lineOf = (path: readonly PropertyKey[]): number => {
      for (let length = path.length; length > 0; length -= 1) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return lineAt(node.range[0]);
      }
      return lineAt(document.contents?.range[0] ?? 0);
    };
    return { value: document.toJS({ maxAliasCount: MOST_ALIASED }), lineOf };
  } catch (cause) {
    if (cause instanceof TelltaleError) throw cause;
    // What is left: too many aliases, or one without its anchor, and nesting beyond the stack.
    const why = cause instanceof RangeError ? "it is nested too deeply" : (cause as Error).message;
    throw new TelltaleError("BAD_ARGUMENT", unreadable(subject, why, advice), { cause });
  }
}

function unreadable(subject: string, why: string, advice: string): string {
  return `${subject} cannot be read as YAML or JSON: ${why.replace(/\.$/, "")}. ${advice}`;
}
