// Builds the style sheet: node build.mjs TOOLS OUTPUT, where TOOLS is a folder with the packages of package.json.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [tools, output] = process.argv.slice(2).map((path) => resolve(path));
const sass = createRequire(join(tools, "package.json"))("sass");
const { version } = JSON.parse(readFileSync(join(tools, "node_modules/nhsuk-frontend/package.json"), "utf8"));

const built = sass.compile(join(import.meta.dirname, "pagewarden.scss"), {
  charset: false,
  loadPaths: [join(tools, "node_modules")],
  quietDeps: true,
  style: "compressed",
});
// Rules that draw an icon from a file: only for tables that a script sorts and for fields of type "search", which the
// console has not.
const css = built.css.replace(/[^{}]+\{[^{}]*url\([^{}]*\}/g, "");
const banner = `/* Parts are from nhsuk-frontend ${version}, MIT, (c) NHS England: see NOTICE. Built by make styles. */\n`;
writeFileSync(output, `${banner}${css}\n`);
