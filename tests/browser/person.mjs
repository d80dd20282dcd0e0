// Somebody at a browser: what they do, and what every page that they see has to keep.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const packages = createRequire(join(process.env.PAGEWARDEN_BROWSER, "package.json"));
const { chromium } = packages("playwright-core");
const axe = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");

const PHONE = { width: 320, height: 640 };
const DESK = { width: 1280, height: 800 };
/** The rules of axe that depend on colours. All others say the same of every look, so they are asked once. */
const COLOURS = ["color-contrast", "link-in-text-block"];
const LOOKS = [
  { name: "light", media: { colorScheme: "light", forcedColors: "none" } },
  { name: "dark", media: { colorScheme: "dark", forcedColors: "none" }, rules: COLOURS },
  { name: "forced colours", media: { colorScheme: "light", forcedColors: "active" }, rules: COLOURS },
];
/** The least height of what is pressed, in CSS pixels. */
const TARGET = 44;
/** How long something may take to appear, in milliseconds. */
const PATIENCE = 5_000;
const CSP = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"];

/** What answers anything that may wait about a post without undoing it. */
const ANSWERS = ["Leave it hidden", "Do not report it", "Do not answer", "Do not write to the author", "It is decided", "Advice was taken", "It is done by hand"];

/** Starts Chromium. As root, in a container, its sandbox cannot start. */
export function browser() {
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args });
}

/** Pages checked in this run, over all people. */
export const checked = { pages: 0, audits: 0, bodies: new Set() };

export class Person {
  /** Opens a browser of their own on a phone. `script: false` switches script off. */
  static async open(chrome, demo, { script = true, viewport = PHONE } = {}) {
    const context = await chrome.newContext({ viewport, javaScriptEnabled: script });
    context.setDefaultTimeout(PATIENCE);
    const person = new Person();
    Object.assign(person, { demo, context, script, page: await context.newPage(), titles: new Map() });
    person.complaints = [];
    // What the browser blocks or cannot do, it says on the console; an answer of 4xx, which tests provoke, it says too.
    person.page.on("console", (message) => {
      const expected = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
      if (["error", "warning"].includes(message.type()) && !expected) person.complaints.push(message.text());
    });
    person.page.on("pageerror", (error) => person.complaints.push(String(error)));
    person.page.on("response", (response) => {
      if (response.frame() === person.page.mainFrame() && response.request().isNavigationRequest()) person.last = response;
    });
    return person;
  }

  /** Signs in as somebody on the list of the stand-in for the issuer. */
  async signIn(name) {
    await this.go("/");
    await this.moves(this.page.getByRole("button", { name: "Sign in" }));
    await this.moves(this.page.getByRole("button", { name }));
    await this.check();
    await this.heading("Today");
    return this;
  }

  /** Signs in again, where that is asked before what cannot be undone. */
  async signInAgain(name) {
    await this.heading("Sign in once more");
    await this.moves(this.page.getByRole("button", { name: "Sign in once more" }));
    await this.moves(this.page.getByRole("button", { name }));
    await this.check();
  }

  async go(path) {
    await this.page.goto(this.demo.console + path);
    await this.check();
  }

  /** Presses something and waits for the page that it leads to. */
  async moves(target) {
    await Promise.all([this.page.waitForEvent("load"), target.click()]);
  }

  /** Follows a link of this name, out of the folded list of screens where it stands there. */
  async follow(name) {
    const link = this.page.getByRole("link", { name }).first();
    if (!(await link.isVisible())) await this.page.getByText("Menu", { exact: true }).click();
    await this.moves(link);
    await this.check();
  }

  /** Opens the case of this author on Today. */
  async openCase(author) {
    await this.go("/today");
    const card = this.page.getByRole("listitem").filter({ hasText: `by ${author}.` });
    await this.moves(card.getByRole("heading").getByRole("link").first());
    await this.check();
  }

  /** Answers everything that waits about the post of this author, undoing nothing. */
  async answerAll(author) {
    for (let nth = 0; nth < 8; nth += 1) {
      await this.go("/today");
      if (!(await this.page.getByRole("listitem").filter({ hasText: `by ${author}.` }).count())) return;
      await this.openCase(author);
      const offered = await this.buttons();
      const answer = ANSWERS.find((one) => offered.includes(one));
      assert.ok(answer, `${offered}`);
      await this.press(answer);
    }
  }

  /** Presses a button, under the question of this title where several have one of the same name. */
  async press(name, question) {
    await this.moves(this.part(question).getByRole("button", { name }).first());
    await this.check();
  }

  /** Types a note, under a question of the case. */
  async note(text, question) {
    const part = this.part(question);
    const folded = part.getByText("Add a note");
    if (await folded.isVisible()) await folded.click();
    await part.locator("textarea[name=note]").fill(text);
  }

  part(question) {
    if (!question) return this.page.locator("main, nav");
    return this.page.locator("section", { has: this.page.getByRole("heading", { name: question }) });
  }

  async heading(text) {
    assert.equal(await this.page.locator("h1").innerText(), text);
  }

  /** Says that the page has these words. */
  async reads(...words) {
    const text = (await this.page.locator("main").innerText()).replace(/\s+/g, " ");
    for (const one of words) assert.ok(text.includes(one), `"${one}" is not on ${this.page.url()}:\n${text}`);
  }

  async buttons(question) {
    return (await this.part(question).getByRole("button").allInnerTexts()).map((text) => text.trim());
  }

  path() {
    const url = new URL(this.page.url());
    return url.origin === this.demo.console ? url.pathname : url.origin;
  }

  /** Checks the page that is shown: everything that every page has to keep. */
  async check() {
    if (this.path() === new URL(this.page.url()).origin) return;
    checked.pages += 1;
    const { page } = this;
    const where = `${this.path()} "${await page.title()}"`;
    const policy = (await this.last.allHeaders())["content-security-policy"] ?? "";
    for (const part of CSP) assert.ok(policy.includes(part), `${where} is sent without ${part}: ${policy}`);
    assert.doesNotMatch(policy, /unsafe|\*/, where);
    await this.title();
    assert.deepEqual(this.complaints, [], `the browser complains about ${where}`);
    // The same bytes look the same.
    const body = await this.last.text();
    if (this.script && checked.bodies.has(body)) return;
    checked.bodies.add(body);
    const before = page.viewportSize();
    // What is folded is looked at too.
    const folded = await page.locator("details:not([open])").elementHandles();
    const fold = (open) => Promise.all(folded.map((one) => one.evaluate((one, open) => void (one.open = open), open)));
    await fold(true);
    for (const viewport of [DESK, PHONE]) {
      await page.setViewportSize(viewport);
      for (const look of LOOKS) {
        await page.emulateMedia(look.media);
        if (this.script) await this.audit(`${where}, ${look.name}, ${viewport.width} px`, look.rules);
        if (viewport === PHONE) await this.focus(`${where}, ${look.name}`, look.name === "forced colours");
      }
      if (viewport === DESK) await this.menu(where);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(over, 0, `${where} is ${over} px too wide at ${viewport.width} px`);
    }
    await this.targets(where);
    await this.links(where);
    await page.emulateMedia(LOOKS[0].media);
    await page.setViewportSize(before);
    await fold(false);
  }

  /** One first heading, and a title that no other page of theirs has. */
  async title() {
    const title = await this.page.title();
    assert.match(title, /^\S.* – Pagewarden$/);
    assert.equal(await this.page.locator("h1").count(), 1, `${this.path()} has not one first heading`);
    // What goes wrong has one page, wherever it does.
    if ([401, 403, 404].includes(this.last.status())) return;
    const path = this.titles.get(title) ?? this.path();
    assert.equal(this.path(), path, `two pages have the title "${title}"`);
    this.titles.set(title, path);
  }

  /** No violation of WCAG 2.2 AA, nor of what axe holds to be good practice, the order of headings among it. */
  async audit(where, rules) {
    checked.audits += 1;
    const found = await this.page.evaluate(async ([source, rules]) => {
      if (!globalThis.axe) (0, eval)(source);
      const { violations } = await globalThis.axe.run(document, {
        resultTypes: ["violations"],
        ...(rules && { runOnly: { type: "rule", values: rules } }),
      });
      const shortened = (node) => `  ${node.html}: ${node.failureSummary}`.slice(0, 500);
      return violations.map(({ id, nodes }) => `${id}, ${nodes.length} times:\n${nodes.slice(0, 3).map(shortened).join("\n")}`);
    }, [axe, rules]);
    assert.equal(found.join("\n"), "", where);
  }

  /** The list of screens takes one line where there is room. */
  async menu(where) {
    const tops = await this.page.locator(".pw-nav li").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    assert.ok(new Set(tops).size < 2, `the menu of ${where} takes more than a line`);
  }

  /** Read out of their context, as a list, links of one name lead to one place. */
  async links(where) {
    const all = await this.page.locator("a[href]").evaluateAll((all) => all.map((one) => [one.textContent.trim(), one.getAttribute("href")]));
    const leads = new Map(all);
    assert.deepEqual(all.filter(([name, to]) => leads.get(name) !== to), [], `${where} has links of one name to several places`);
  }

  /** What is pressed is high enough. A link in running text is excepted, and one that is shown only with the focus. */
  async targets(where) {
    const low = await this.page.evaluate((least) => {
      const inText = (one) => {
        const around = one.closest("p, li, dd, blockquote");
        return one.matches("a") && getComputedStyle(one).display === "inline" && around && around.innerText.trim() !== one.innerText.trim();
      };
      const all = [...document.querySelectorAll("a[href], button, summary, textarea, select, input:not([type=hidden])")];
      const shown = all.filter((one) => one.checkVisibility() && !one.matches(".nhsuk-skip-link") && !inText(one));
      return shown.filter((one) => one.getBoundingClientRect().height < least - 0.01).map((one) => `${one.getBoundingClientRect().height} px: ${one.outerHTML}`);
    }, TARGET);
    assert.deepEqual(low, [], `${where} has targets that are too low`);
  }

  /** Whatever takes the focus looks different with it; in forced colours, where grounds and shadows go, by an outline. */
  async focus(where, outlined) {
    const unseen = await this.page.evaluate((outlined) => {
      const all = [...document.querySelectorAll("a[href], button, summary, textarea, select, input:not([type=hidden])")];
      // A radio button itself is not seen: what its label draws is.
      const drawnBy = (one) => (one.matches("[type=radio], [type=checkbox]") ? [one.labels[0], "::before"] : [one]);
      const look = (one) => {
        const style = getComputedStyle(...drawnBy(one));
        return outlined
          ? [style.outlineStyle, style.outlineWidth, style.outlineColor]
          : [style.outline, style.boxShadow, style.backgroundColor, style.borderColor, style.borderWidth];
      };
      const found = [];
      for (const one of all.filter((one) => one.checkVisibility())) {
        document.activeElement?.blur();
        const before = look(one);
        one.focus({ focusVisible: true });
        const now = look(one);
        const drawn = !outlined || (now[0] !== "none" && Number.parseFloat(now[1]) >= 2 && !now[2].endsWith(" 0)"));
        if (String(before) === String(now) || !drawn) found.push(`${one.outerHTML} ${before} -> ${now}`);
      }
      document.activeElement?.blur();
      scrollTo(0, 0);
      return found;
    }, outlined);
    assert.deepEqual(unseen, [], `${where}: focus is not seen`);
  }

  async close() {
    await this.context.close();
  }
}
