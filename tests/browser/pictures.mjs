// Takes the pictures of the console that the README shows: node pictures.mjs FOLDER. pngquant makes them small.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { start } from "./demo.mjs";
import { browser, Person } from "./person.mjs";

const folder = process.argv[2];
const SIZES = { phone: { width: 320, height: 700 }, desk: { width: 1280, height: 800 } };

const demo = await start();
const chrome = await browser();
let bytes = 0;
try {
  mkdirSync(folder, { recursive: true });
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  const take = async (name) => {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await gail.page.setViewportSize(viewport);
      const file = join(folder, `${name}-${size}.png`);
      await gail.page.screenshot({ path: file });
      execFileSync("pngquant", ["--force", "--strip", "--output", file, "32", file]);
      bytes += statSync(file).size;
    }
  };
  await take("today");
  await gail.openCase("Gary Stubbs");
  await take("case");
  await gail.press("Delete it for good");
  await gail.signInAgain("Gail");
  await take("confirm");
  await gail.press("Delete it for good");
  await take("done");
} finally {
  await chrome.close();
  demo.stop();
}
console.log(`${bytes} bytes of pictures in ${folder}`);
