// node page.cjs NODE_MODULES CHROMIUM FILE SCHEME: opens a page in a real browser and prints what it saw as JSON.
const fs = require("fs");
const [modules, executablePath, file, colorScheme] = process.argv.slice(2);
const { chromium } = require(`${modules}/playwright-core`);
const axe = fs.readFileSync(`${modules}/axe-core/axe.min.js`, "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

(async () => {
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme });
  const told = [];
  const requests = [];
  page.on("console", (message) => told.push(message.text()));
  page.on("pageerror", (problem) => told.push(String(problem)));
  page.on("dialog", (dialog) => { told.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`file://${file}`);
  const seen = await page.evaluate(() => ({
    foreign: document.querySelectorAll("script, iframe, object, embed, link, img, base, form, input, audio, video").length,
    handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on") || a.name === "style")).length,
    links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("href")),
    targets: [...document.querySelectorAll("a")].filter((a) => !document.getElementById(a.getAttribute("href").slice(1))).length,
    headings: [...document.querySelectorAll("h1, h2")].map((h) => h.textContent),
    drawn: Object.fromEntries([".sequence .message", ".sequence .first", ".timeline .step", ".timeline .band .seen"].map((s) =>
      [s, [...document.querySelectorAll(s)].filter((e) => { const b = e.getBoundingClientRect(); return b.width > 0 && b.height > 0; }).length])),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    background: getComputedStyle(document.body).backgroundColor,
    text: document.body.innerText.length,
  }));
  await page.keyboard.press("Tab");
  const focus = await page.evaluate(() => document.activeElement.textContent);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  const faults = result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")}`);
  const checked = result.violations.length + result.passes.length;
  await page.setViewportSize({ width: 400, height: 800 });
  const narrow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  await browser.close();
  console.log(JSON.stringify({ told, requests, faults, checked, focus, narrow, pdf: pdf.length, ...seen }));
})().catch((problem) => { console.error(String(problem)); process.exit(1); });
