// An author asks the practice manager what is held about them, for it to be corrected and not to be used meanwhile, and then
// for it to be deleted.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Person } from "./person.mjs";

const ACCOUNT = "/account/facebook/2000417090720";
const AUTHOR = "Shaz Doyley";

function run(program, args, cwd) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd }, (error, out, err) => resolve({ code: error ? error.code : 0, says: out + err }));
  });
}

export default async function day(chrome, demo, step) {
  const folder = await mkdtemp(join(tmpdir(), "pagewarden-rights-"));
  const ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
  await ruth.go("/find");
  await ruth.page.getByLabel("Name").fill("@shaz  DOYLEY");
  await ruth.press("Find");
  await ruth.heading("Find an author");
  await ruth.reads("1 found", "What is not found");
  await ruth.follow("the account");
  await ruth.heading(AUTHOR);
  assert.equal(new URL(ruth.page.url()).pathname, ACCOUNT);
  step("found the account by the name that its author gave");

  await ruth.page.getByLabel("Add a note").fill("Wrote nine times this week.");
  await ruth.press("Keep this note");
  await ruth.follow("Correct this note");
  await ruth.heading("Correct what is on record");
  await ruth.page.getByLabel("What was wrong").fill("The count was another account's.");
  await ruth.page.getByLabel("What is right").fill("Wrote three times this week.");
  await ruth.press("Correct it");
  await ruth.heading(AUTHOR);
  await ruth.reads("Wrote three times this week.", "The count was another account's.");
  assert.ok(!(await ruth.page.locator("main").innerText()).includes("nine times"));
  step("corrected a note that was wrong, and its words are gone");

  await ruth.go(ACCOUNT.replace("account", "rights"));
  await ruth.page.getByLabel("Why it is not to be used").fill("They say that it was somebody else, by a message.");
  await ruth.press("Keep it and do not use it");
  await ruth.reads("It is kept and not used", "by a message.");
  await ruth.page.getByLabel("Why it may be used again").fill("It was them after all; told on the same day.");
  await ruth.press("Use it again");
  await ruth.reads("It is used now.");
  step("had it kept and not used, and lifted that");

  await ruth.go(ACCOUNT);
  await ruth.follow("Answer the author who asks what you hold");
  await ruth.heading("If its author asks what you hold");
  const consent = () => ruth.page.getByLabel("I have made sure that whoever asks is the author");
  await consent().check();
  await ruth.press("Download the answer");
  await ruth.signInAgain("Ruth");
  await ruth.heading("If its author asks what you hold");
  await consent().check();
  const [download] = await Promise.all([
    ruth.page.waitForEvent("download"),
    ruth.page.getByRole("button", { name: "Download the answer" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "answer-to-author.zip");
  const zip = join(folder, "answer.zip");
  await download.saveAs(zip);
  const script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
  const files = join(folder, "files");
  assert.equal((await run("python3", ["-c", script, zip, files])).code, 0);
  const summed = await run("sha256sum", ["-c", "--strict", "SHA256SUMS"], files);
  assert.equal(summed.code, 0, summed.says);
  const page = await readFile(join(files, "answer.html"), "utf8");
  for (const words of [AUTHOR, "a bunch of lazy", "Wrote three times this week."]) assert.ok(page.includes(words), words);
  assert.ok(!page.includes("Ruth"), "of the staff only the roles are told");
  step("gave the author what is held, after signing in once more");

  const ask = async () => {
    await ruth.go(ACCOUNT.replace("account", "rights"));
    await ruth.page.getByLabel("What they asked and when").fill("They asked by a message from the account.");
    await ruth.press("See what would be deleted");
    await ruth.heading("Delete the words of this account?");
  };
  await ruth.go("/today");
  // On the whole suite's demonstration the day on the phone has decided about it before.
  if (await ruth.page.getByRole("listitem").filter({ hasText: `by ${AUTHOR}.` }).count()) {
    await ask();
    await ruth.reads("The words of 0 posts and 1 note", "something about it waits for a person");
    step("saw that the post is kept while something about it waits");
  }

  await ruth.answerAll(AUTHOR);
  await ask();
  await ruth.reads("The words of 1 post and 1 note");
  await ruth.press("Yes, delete the words");
  await ruth.heading("Deleted");
  await ruth.go(ACCOUNT);
  const left = await ruth.page.locator("main").innerText();
  for (const words of ["lazy", "Wrote three times"]) assert.ok(!left.includes(words), words);
  step("answered what waited, was asked twice, and the words are gone");
  await ruth.close();
  await rm(folder, { recursive: true });
}
