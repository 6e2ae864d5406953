type PageData = import("../page-data.js").PageData;
type PageList = import("../page-data.js").PageList;
type PageCompletion = import("../page-data.js").PageCompletion;
type ListKind = import("../page-data.js").ListKind;

/** One entry of a list, its columns put together. */
interface ListEntry {
  rank: number;
  /** Index of the completion. */
  at: number;
  completion: PageCompletion;
  value: string;
  p: string | null;
  q: string | null;
  standsFor: string | null;
  ranks: string | null;
}

const page: PageData = JSON.parse(document.getElementById("data")?.textContent ?? "");
const entriesByList = new Map<PageList, ListEntry[]>();

function entriesOf(list: PageList): ListEntry[] {
  let entries = entriesByList.get(list);
  if (entries === undefined) {
    const columns = [list.values, list.p, list.q, list.standsFor, list.ranks];
    const [values, p, q, standsFor, ranks] = columns.map((column) => column?.split(" "));
    entries = (list.at === "" ? [] : list.at.split(" ")).map((index, i) => ({
      rank: i + 1,
      at: Number(index),
      completion: page.completions[Number(index)] as PageCompletion,
      value: values?.[i] ?? "",
      p: p?.[i] ?? null,
      q: q?.[i] ?? null,
      standsFor: standsFor?.[i] ?? null,
      ranks: ranks?.[i] ?? null,
    }));
    entriesByList.set(list, entries);
  }
  return entries;
}
