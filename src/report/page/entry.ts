const entryOfElement = new WeakMap<Element, ListEntry>();

/** One completion of a list, as sections/entry.ts makes it. */
function makeEntry(entry: ListEntry): HTMLLIElement {
  const { completion } = entry;
  const tokens = tokensOf(completion);
  const made = element(
    "li",
    "entry",
    element("p", "place", element("span", "rank", count(entry.rank)), element("span", "value", entry.value)),
    element(
      "p",
      "text",
      element("span", "prefill", ...withSigns(completion.prefill)),
      tokens.length === 0
        ? element("span", "plain", ...withSigns(completion.completion))
        : element("span", "tokens", ...tokens.map(makeToken)),
    ),
    element("p", "facts", ...facts(entry).flatMap(([kind, text]) => [element("span", kind, text), " "])),
  );
  made.id = `e${entry.rank}`;
  const text = made.children[1];
  if (text instanceof HTMLElement) text.dir = "auto";
  return made;
}

function makeToken(token: Token): HTMLSpanElement {
  const classes = [shadeOf(token), token.ends ? "end" : ""].filter((name) => name !== "");
  return element("span", classes.join(" "), ...withSigns(token.text));
}

/** "12-15" as "12 to 15". */
function ranksText(ranks: string): string {
  return ranks
    .split("-")
    .map((rank) => count(Number(rank)))
    .join(" to ");
}

function facts({ completion, p, q, standsFor, ranks }: ListEntry): [kind: string, text: string][] {
  const { tokens, pplFinetuned, pplReference, configuration, behaviours = [] } = completion;
  const several = page.configurations.length > 1;
  return [
    ["perplexity", `${pplFinetuned} → ${pplReference}`],
    ["count", `${count(tokens)} ${tokens === 1 ? "token" : "tokens"}`],
    ...(several ? [["configuration", page.configurations[configuration] ?? ""] as [string, string]] : []),
    ...behaviours.map((index) => ["matches", `✓ ${page.behaviours[index] ?? ""}`] as [string, string]),
    ...(standsFor === null || standsFor === "1"
      ? []
      : [["alike", `×${count(Number(standsFor))} alike`] as [string, string]]),
    ...(p === null || q === null ? [] : [["chance", `p ${p}, q ${q}`] as [string, string]]),
    ...(ranks === null || ranks === "-" ? [] : [["noisy", `≈ rank ${ranksText(ranks)}`] as [string, string]]),
  ];
}
