// The practice manager takes evidence along: it is signed in for once more, noted, and checks without the system.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Person } from "./person.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/pagewarden");
const POST = "facebook/00290010002_000200277";

/** Runs a program, and returns how it ended and what it said. */
function run(program, args, cwd) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd }, (error, out, err) => resolve({ code: error ? error.code : 0, says: out + err }));
  });
}

async function unpack(zip, folder) {
  const script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
  const { code, says } = await run("python3", ["-c", script, zip, folder]);
  assert.equal(code, 0, says);
}

export default async function day(chrome, demo, step) {
  const folder = await mkdtemp(join(tmpdir(), "pagewarden-evidence-"));
  const ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
  await ruth.go(`/case/${POST}`);
  await ruth.follow("Take evidence along");
  await ruth.heading("Evidence to take along");
  await ruth.page.getByLabel("For the practice's solicitor").check();
  await ruth.press("Download it");
  await ruth.signInAgain("Ruth");
  await ruth.heading("Evidence to take along");
  assert.equal(await ruth.page.getByLabel("For the practice's solicitor").isChecked(), true);
  step("signed in once more, and what was chosen was kept");

  const [download] = await Promise.all([
    ruth.page.waitForEvent("download"),
    ruth.page.getByRole("button", { name: "Download it" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "evidence-for-solicitor.zip");
  const zip = join(folder, "evidence.zip");
  await download.saveAs(zip);
  await ruth.go(`/case/${POST}`);
  await ruth.reads("Ruth (practice manager) took evidence for the practice's solicitor along.");
  step("downloaded it, and the case says so");

  const files = join(folder, "files");
  await unpack(zip, files);
  const summed = await run("sha256sum", ["-c", "--strict", "SHA256SUMS"], files);
  assert.equal(summed.code, 0, summed.says);
  const against = ["--table", demo.table];
  const held = await run(PROGRAM, ["evidence", "verify", zip, ...against]);
  assert.equal(held.code, 0, held.says);
  assert.match(held.says, /Ruth \(practice manager\) took this very file/);
  step("sha256sum and evidence verify agree that it holds");

  const bytes = await readFile(zip);
  const at = bytes.indexOf("Evidence:");
  bytes[at] += 1;
  const changed = join(folder, "changed.zip");
  await writeFile(changed, bytes);
  const found = await run(PROGRAM, ["evidence", "verify", changed]);
  assert.notEqual(found.code, 0);
  assert.match(found.says, /CHANGED: .*cover\.html/);
  const cover = join(files, "cover.html");
  await writeFile(cover, (await readFile(cover, "utf8")).replace("Evidence:", "Fvidence:"));
  assert.notEqual((await run("sha256sum", ["-c", "--strict", "SHA256SUMS"], files)).code, 0);
  step("one changed byte was found by both");

  const tom = await (await Person.open(chrome, demo)).signIn("Tom Bright");
  await tom.go(`/case/${POST}`);
  assert.equal(await tom.page.getByRole("link", { name: "Take evidence along" }).count(), 0);
  step("a reviewer is not offered it");
  await tom.close();
  await ruth.close();
  await rm(folder, { recursive: true });
}
