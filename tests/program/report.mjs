// report.mjs PROGRAM NODE_MODULES - makes runs and pages of them, and does with the pages what a reader does: looks, hovers,
// hides an arm, saves the numbers. No request, no error, nothing of a config's words at work as a script.
import {execFileSync, spawnSync} from "node:child_process";
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";

const [program, modules] = process.argv.slice(2).map((path) => resolve(path));
const {chromium} = createRequire(join(modules, "x"))("playwright-core");
const top = mkdtempSync(join(tmpdir(), "bnlab-report-"));
const evil = "<script>document.title='stolen'</script>", evilAttribute = '"><img src=x onerror="document.title=1">';
const patience = 120000;  // a busy machine; nothing here is judged by time

function check(condition, what) {
  if (!condition) {
    console.error("report: FAILED: " + what);
    process.exitCode = 1;
    throw new Error(what);
  }
}
const run = (...words) => execFileSync(program, words, {cwd: top, encoding: "utf8"});

// ------------------------------------------------------------------------------------------------ runs, and pages of them
writeFileSync(join(top, "config.json"), JSON.stringify({
  name: "watched", notes: evilAttribute,
  data: {name: "gaussian_mixture", features: 8, classes: 3, samples: 300},
  model: {name: "mlp", widths: [8, 8, 8]},
  train: {steps: 60, batch_size: 20, learning_rate: 0.1, log_every: 1},
  evaluate: {every: 10},
  probes: {distribution: {every: 10}, gradient_shift: {every: 10}, landscape: {every: 10}, signal_propagation: {every: 30}, hessian: {every: 30, density: 1}},
  vary: [{arms: {plain: {"model.placement": "none"}, batch_norm: {"model.norm": "batch_norm"}, [evil]: {"model.norm": "layer_norm"}}}, {seeds: [1, 2, 3]}],
}));
run("run", "config.json", "-q");
run("report", "config.json", "-o", "arms.html");
// what is kept of an experiment, in which everything that is a word is a script
mkdirSync(join(top, "kept"));
writeFileSync(join(top, "kept/curves.csv"), "arm,seed,step,split,loss,accuracy\n" + [1, 2, 3].flatMap((seed) => [0, 10].map((step) => `${evil},${seed},${step},test,${1 / (step + seed)},0.${step + seed}\n"${evilAttribute.replaceAll('"', '""')}",${seed},${step},test,1,0.5\n`)).join(""));
writeFileSync(join(top, "kept/runs.csv"), "arm,seed,state,test_accuracy\n" + `${evil},1,completed,0.5\n`);
writeFileSync(join(top, "kept/manifest.json"), JSON.stringify({command: evil, commits: [evil], cpu: evil, wall_seconds: 1}));
writeFileSync(join(top, "kept/verdict.json"), JSON.stringify({name: evil, what: evilAttribute, data: evil, commits: [evil], claims: [{name: evil, says: evilAttribute, paper: evil, verdict: evil, threshold: evil, comparisons: [{arm: evil, verdict: evil, estimate: 1, interval: [0, 2], n: 6}]}]}));
run("report", "kept", "-o", "evil.html");
const plain = readdirSync(join(top, "results/runs/watched")).find((name) => name.startsWith("plain"));
const one = `results/runs/watched/${plain}/seed-1`;
run("report", one, "-o", "one.html");

const html = readFileSync(join(top, "evil.html"), "utf8");
check(!html.includes(evil) && !html.includes(evilAttribute), "words of a config stand in the page as they are");
check(/script-src( 'sha256-[^']+')+;/.test(html) && !html.includes("unsafe-eval"), "the policy allows more than the page's own scripts");
check(html.includes("Jeffrey Heer") || html.includes("University of Washington"), "the libraries' licences are gone");

// ----------------------------------------------------------------------------------------------------------- in a browser
const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
try {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const context = await browser.newContext({viewport: {width, height: 900}, colorScheme, offline: true, acceptDownloads: true});
      const page = await context.newPage();
      page.setDefaultTimeout(patience);
      const said = [];
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(error.message));
      page.on("request", (request) => { if (!/^(file|blob|data):/.test(request.url())) said.push("request: " + request.url()); });
      const open = async (name) => {
        await page.goto("file://" + join(top, name));
        await page.waitForFunction(() => window.bnlab && window.bnlab.done);
        const errors = await page.evaluate(() => window.bnlab.errors);
        check(errors.length === 0, `${name}: ${errors.join("; ")}`);
      };
      await open("arms.html");
      const foreign = async () => page.evaluate(() => [document.scripts.length === 5, document.images.length === 0, window.opener === null].every(Boolean));
      check(await page.title() === "watched" && await foreign(), "the page is not what it should be: " + await page.title());
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(wide <= 0, `at ${width} the page is ${wide} pixels too wide`);
      const cut = await page.evaluate(() => [...document.querySelectorAll(".chart")].filter((chart) => chart.scrollWidth > chart.clientWidth + 1).map((chart) => chart.id));
      check(cut.length === 0, `at ${width} these are too wide: ${cut.join(", ")}`);
      const look = await page.evaluate(() => document.documentElement.dataset.look);
      check(look === colorScheme, `the look is ${look}, the reader's is ${colorScheme}`);

      // what a key can do: an arm is put aside everywhere
      const lines = () => page.locator("#chart-learning_curves path[aria-roledescription='line mark']").count();
      const before = await lines();
      const arm = page.locator("button.arm", {hasText: "plain"});
      await arm.focus();
      await page.keyboard.press("Enter");
      check(await arm.getAttribute("aria-pressed") === "false", "the arm's button does not say that it is off");
      await page.waitForFunction((n) => document.querySelectorAll("#chart-learning_curves path[aria-roledescription='line mark']").length < n, before);
      await page.keyboard.press("Enter");
      await page.waitForFunction((n) => document.querySelectorAll("#chart-learning_curves path[aria-roledescription='line mark']").length === n, before);

      // a value under the mouse
      const chart = page.locator("#chart-learning_curves svg");
      await chart.evaluate((svg) => svg.scrollIntoView({block: "start", behavior: "instant"}));
      const box = await chart.boundingBox();
      for (let x = 0.15; x < 0.3; x += 0.02) await page.mouse.move(box.x + box.width * x, box.y + Math.min(110, box.height / 3));
      await page.waitForSelector("#vg-tooltip-element.visible");
      check(/step/.test(await page.locator("#vg-tooltip-element").innerText()), "the tooltip has no step");

      // logarithms, zoom, the other look, a table
      const bar = page.locator("#bar-learning_curves");
      const tick = () => page.locator("#chart-learning_curves").innerHTML();
      for (const name of ["log", "+", "all"]) {
        const old = await tick();
        await bar.getByRole("button", {name, exact: true}).click();
        await page.waitForFunction((html) => document.getElementById("chart-learning_curves").innerHTML !== html, old);
      }
      await bar.getByRole("button", {name: "table"}).click();
      check(await page.locator("#rows-learning_curves tbody tr").count() > 10, "the table is empty");
      await page.locator("button.look").click();
      check(await page.evaluate(() => document.documentElement.dataset.look) !== colorScheme, "the look does not change");

      // words of others stay words
      await open("evil.html");
      check(await page.title() === evil && await foreign(), "a script of a config was at work: " + await page.title());
      for (const name of [evil, evilAttribute]) check(await page.locator("button.arm").filter({hasText: name}).count() === 1, "the arm is not shown by its name: " + name);

      // the numbers of one run are those of its file
      await open("one.html");
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#bar-learning_curves").getByRole("button", {name: "save data as CSV"}).click()]);
      const saved = readFileSync(await download.path(), "utf8").trim().split("\n").map((line) => line.split(","));
      const source = readFileSync(join(top, one, "eval.csv"), "utf8").trim().split("\n").map((line) => line.split(","));
      const column = (rows, name) => rows[0].indexOf(name);
      for (const [panel, split, score] of [["test accuracy", "test", "accuracy"], ["train loss", "train", "loss"]]) {
        const mine = saved.filter((row) => row[column(saved, "panel")] === panel).map((row) => row[column(saved, "step")] + " " + row[column(saved, "value")]);
        const theirs = source.filter((row) => row[column(source, "split")] === split && row[column(source, "bn_mode")] === "running").map((row) => row[column(source, "step")] + " " + row[column(source, score)]);
        check(theirs.length === 7 && mine.join() === theirs.join(), `saved ${panel}: ${mine.join("; ")}, in eval.csv: ${theirs.join("; ")}`);
      }
      check(said.length === 0, `the browser said: ${said.join("; ")}`);
      // last, for the browser complains of it: what is a string does not run
      await page.evaluate(() => new Promise((done) => { setTimeout("window.ran = true", 0); setTimeout(done, 50); }));
      check(await page.evaluate(() => window.ran) === undefined && said.length > 0, "eval is possible");
      await context.close();
    }
  }
} finally {
  await browser.close();
}

// ------------------------------------------------------------------------------------------------------- figures as files
const csv = run("plot", one, "--what", "learning_curves", "--format", "csv", "-o", "-");
check(csv.startsWith("panel,arm,line,step,value,low,high,seeds\n") && csv.split("\n").length > 60, "plot --format csv: " + csv.slice(0, 200));
check(JSON.parse(run("plot", one, "--what", "landscape", "--format", "json", "-o", "-")).data.values.length > 0, "plot --format json has no rows");
run("plot", "results/runs/watched", "--what", "learning_curves", "-o", "curves.svg");
check(readFileSync(join(top, "curves.svg"), "utf8").startsWith("<svg"), "plot --format svg gave no svg");
if (spawnSync("rsvg-convert", ["--version"]).status === 0) {
  run("plot", one, "--what", "landscape", "--format", "png", "-o", "landscape.png");
  check(readFileSync(join(top, "landscape.png")).subarray(1, 4).toString() === "PNG", "plot --format png gave no png");
  run("plot", one, "--what", "landscape", "--format", "pdf", "-o", "landscape.pdf");
  check(readFileSync(join(top, "landscape.pdf")).subarray(0, 4).toString() === "%PDF", "plot --format pdf gave no pdf");
}
const refused = spawnSync(program, ["plot", one, "--what", "verdicts"], {cwd: top, encoding: "utf8"});
check(refused.status === 3 && refused.stderr.includes("verdict.json"), "a figure without data: " + refused.stderr);
const misspelt = spawnSync(program, ["plot", one, "--what", "landscap"], {cwd: top, encoding: "utf8"});
check(misspelt.status === 2 && misspelt.stderr.includes("did you mean 'landscape'"), "a misspelt figure: " + misspelt.stderr);
const without = spawnSync(program, ["plot", one, "--what", "landscape", "-o", "x.svg"], {cwd: top, encoding: "utf8", env: {PATH: "/nowhere"}});
check(without.status === 3 && without.stderr.includes("node is not here"), "without node: " + without.stderr);
check(run("tail", one, "--spark").includes("loss"), "tail --spark says nothing");
check(statSync(join(top, "arms.html")).size < 5e6, "the page is larger than 5 MB");
rmSync(top, {recursive: true});
console.log("report: ok");
