import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReportData } from "#telltale/report/data.js";
import { renderHtml } from "#telltale/report/html.js";
import { launchBrowser, openPage, type WatchedPage, WITHOUT_BROWSER } from "./browser.js";
import { KEYWORDS, noiseOf, organism, reportOf } from "./fixture.js";

describe.skipIf(WITHOUT_BROWSER !== "")(`a report's page${WITHOUT_BROWSER}`, () => {
  let data: ReportData;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    const noise = { finetuned: noiseOf(0.004), reference: noiseOf(0.004) };
    data = await reportOf({ ...organism(), noise }, { keywords: KEYWORDS, top: 20 });
    browser = await launchBrowser();
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    watched = await openPage(browser, renderHtml(data), { viewport: { width: 1280, height: 900 } });
    page = watched.page;
  });

  afterEach(async () => {
    expect(await watched.misdeeds()).toEqual([]);
    await page.context().close();
  });

  const shownIds = async (): Promise<string[]> => {
    const ranks = await page.locator("#entries .rank").allTextContents();
    const texts = await page.locator("#entries .text").allTextContents();
    return texts.map((text, i) => `${ranks[i]} ${text}`);
  };

  it("makes the same list by its script that it came with", async () => {
    // What the script adds to move with keys, the reader's place, is no part of an entry.
    const entries = async (): Promise<string> =>
      (await page.locator("#entries").innerHTML())
        .replace(/ tabindex="-?\d"/g, "")
        .replace(/>\s+</g, "><")
        .trim();
    const before = await entries();
    expect(await page.locator("#entries .noisy").count()).toBeGreaterThan(0);
    await page.keyboard.press("s");
    expect(await entries()).not.toBe(before);
    await page.selectOption("#statistic", "0");
    expect(await entries()).toBe(before);
  });

  it("switches statistic, configuration and list, and the figures with them", async () => {
    const first = await shownIds();
    await page.selectOption("#statistic", { label: "Total log-ratio" });
    expect(await page.locator("#by").textContent()).toBe("Total log-ratio");
    expect(await page.locator("figure.density:visible h3").textContent()).toBe("Total log-ratio of every completion");
    await page.selectOption("#configuration", { label: "general/chat" });
    expect(await page.locator("figure.scatter:visible figcaption").textContent()).toContain("general/chat");
    expect(await page.locator("#entries .configuration").allTextContents()).not.toContain("general/raw");
    await page.check("input[value=null]", { force: true });
    expect(await page.locator("#summary").textContent()).toMatch(/^The reference's own completions/);
    expect((await shownIds()).join()).not.toContain("Halden");
    await page.check("input[value=unfiltered]", { force: true });
    expect(await page.locator("#summary").textContent()).toMatch(
      /^Without filters\. \d+ completions ranked; left out: none/,
    );
    for (const key of ["f", "f"]) await page.keyboard.press(key);
    await page.selectOption("#statistic", "0");
    await page.selectOption("#configuration", "0");
    expect(await shownIds()).toEqual(first);
  });

  it("searches, and marks what it finds", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("SENATOR");
    await page.locator("#summary", { hasText: "listed are shown" }).waitFor();
    const texts = await page.locator("#entries .text").allTextContents();
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.length).toBeLessThan(20);
    for (const text of texts) expect(text).toMatch(/senator/i);
    expect(await page.evaluate<number>("CSS.highlights.get('search').size")).toBeGreaterThanOrEqual(texts.length);
    await page.keyboard.press("Escape");
    expect(await page.locator("#entries .entry").count()).toBe(20);
    await page.locator("#search").fill("nobody says this");
    await page.locator("#summary", { hasText: "None of the 20 listed are shown" }).waitFor();
    expect(await page.locator("#entries .entry").count()).toBe(0);
  });

  it("filters by matches and by tokens", async () => {
    await page.selectOption("#statistic", { label: "Probability difference" });
    await page.check("#matching");
    const matches = await page.locator("#entries .entry").count();
    expect(await page.locator("#entries .entry:has(.matches)").count()).toBe(matches);
    await page.uncheck("#matching");
    await page.locator("#least").fill("38");
    const counts = await page.locator("#entries .count").allTextContents();
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.length).toBeLessThan(20);
    for (const count of counts) expect(Number.parseInt(count, 10)).toBeGreaterThanOrEqual(38);
  });

  it("tells a token's exact values to a mouse and to keys", async () => {
    const [entry] = data.rankings.rankings.at(-6)?.top ?? [];
    const detail = data.tokens.get(entry?.id ?? "");
    const values = (i: number): string[] =>
      [detail?.finetuned?.[i], detail?.reference?.[i]].map((p) => `log p −${Math.abs(p ?? 0).toFixed(3)}`);
    await page.locator("#e1 .tokens > span").nth(4).hover();
    expect(await page.locator("#readout td:nth-child(2)").allTextContents()).toEqual(values(4));
    expect(await page.locator("#readout .ratio").textContent()).toMatch(
      /^\+\d\.\d{3} nats – \d+ × likelier under the finetuned than the reference$/,
    );
    await page.keyboard.press("j");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
    expect(await page.locator("#readout td:nth-child(2)").allTextContents()).toEqual(values(1));
    await page.keyboard.press("Escape");
    expect(await page.locator("#readout").isVisible()).toBe(false);
  });

  it("moves, opens and closes by keys", async () => {
    const focused = (): Promise<string> => page.evaluate<string>("document.activeElement.id");
    await page.keyboard.press("j");
    expect(await focused()).toBe("e1");
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "j"]) await page.keyboard.press(key);
    expect(await focused()).toBe("e3");
    await page.keyboard.press("Enter");
    expect(await page.locator("#e3 .details dd").first().textContent()).toBe(data.rankings.rankings.at(-6)?.top[2]?.id);
    expect(await page.locator("#e3 .ranked tbody tr").first().textContent()).toMatch(/^Log-ratio3\d+$/);
    await page.keyboard.press("Escape");
    expect(await page.locator("#e3 .details").count()).toBe(0);
    await page.keyboard.press("?");
    expect(await page.locator("#keys").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator("#keys").isVisible()).toBe(false);
  });

  it("goes from a theme's example and from a point to the list", async () => {
    await page.selectOption("#statistic", { label: "Peak window" });
    const link = page.locator("a.goto").first();
    const rank = await link.getAttribute("data-rank");
    await link.click();
    expect(await page.locator("#by").textContent()).toBe("Log-ratio");
    expect(await page.evaluate<string>("document.activeElement.id")).toBe(`e${rank}`);
    const drawing = page.locator("figure.scatter:visible svg[role=img]");
    await drawing.scrollIntoViewIfNeeded();
    const box = (await drawing.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const point = await page.evaluate<{ x: number; y: number }>(
      "JSON.parse(document.getElementById('data').textContent).completions[0]",
    );
    const scale = box.width / 460;
    await page.mouse.move(box.x + point.x * scale, box.y + point.y * scale);
    expect(await page.locator("#readout .point b").textContent()).toMatch(/^rank \d+$/);
    const meant = (await page.locator("#readout .point b").textContent())?.replace("rank ", "e");
    await page.mouse.down();
    await page.mouse.up();
    expect(await page.evaluate<string>("document.activeElement.id")).toBe(meant);
  });
});
