// A plugin of TypeDoc: what a zod schema says of its properties is their documentation in the types made of it, and the schemas
// themselves, which are no part of the API, are left out.
import { Comment, Converter, ReflectionKind } from "typedoc";
import { z } from "zod";
import { organismSchema } from "../dist/organisms/schema.js";
import { behaviourSchema } from "../dist/rank/keywords/catalogue.js";
import { phrasesSchema } from "../dist/rank/phrases/schema.js";
import { rankingEntrySchema, rankingSchema, rankingsSchema, verdictSchema } from "../dist/rank/schema.js";
import { rankSettingsSchema } from "../dist/rank/settings.js";
import { comparisonSchema } from "../dist/report/comparison-schema.js";

const SCHEMAS = {
  AuditOptions: z.object({ rank: rankSettingsSchema.partial() }),
  Behaviour: behaviourSchema,
  Comparison: comparisonSchema,
  Organism: organismSchema,
  Phrases: phrasesSchema,
  Ranking: rankingSchema,
  RankingEntry: rankingEntrySchema,
  Rankings: rankingsSchema,
  RankSettings: rankSettingsSchema,
  Verdict: verdictSchema,
};

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const interfaces = project.getReflectionsByKind(ReflectionKind.Interface);
    const names = new Set(interfaces.map(({ name }) => name));
    for (const schema of project.getReflectionsByKind(ReflectionKind.Variable | ReflectionKind.TypeAlias))
      if (names.has(schema.name)) remove(project, schema);
    for (const each of interfaces)
      if (Object.hasOwn(SCHEMAS, each.name)) describe(each, jsonSchema(SCHEMAS[each.name]));
  });
}

/** Removes a reflection with all that its type is made of, which TypeDoc would leave behind. */
function remove(project, top) {
  const within = (reflection) => reflection === top || (reflection.parent !== undefined && within(reflection.parent));
  for (const reflection of Object.values(project.reflections).filter(within).reverse())
    project.removeReflection(reflection);
}

function jsonSchema(schema) {
  return z.toJSONSchema(schema, { target: "draft-2020-12", io: "output", reused: "inline", unrepresentable: "any" });
}

/** Documents what has no comment of its own. */
function describe(parent, schema) {
  for (const property of parent.children ?? []) {
    const found = alternatives(schema).flatMap((one) => one.properties?.[property.name] ?? []);
    const text = found.map(({ description }) => description).find((description) => description !== undefined);
    if (text !== undefined && !property.hasComment()) property.comment = new Comment([{ kind: "text", text }]);
    for (const one of found) describeType(property.type, one);
  }
}

function describeType(type, schema) {
  if (type === undefined) return;
  if (type.type === "reflection") describe(type.declaration, schema);
  if (type.type === "array")
    for (const one of alternatives(schema)) if (one.items) describeType(type.elementType, one.items);
  if (type.type === "union") for (const each of type.types) describeType(each, schema);
}

/** The schema itself, or what a value of it may be one of. */
function alternatives(schema) {
  return [schema, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives)];
}
