// A policy drafted from its published text, and saved.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Person } from "./person.mjs";

const TEXT = "House rules\n\n1. Obscene comments on our Facebook page will be deleted.\n2. Spam may be removed.\n3. Please be brief.\n";

export default async function day(chrome, demo, step) {
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  await gail.follow("Policy");
  await gail.follow("Draft a policy");
  await gail.heading("Draft a policy");
  await gail.press("Draft a policy");
  await gail.reads("Paste the text of your published policy.");
  await gail.page.getByLabel("The published text").fill(TEXT);
  await gail.press("Draft a policy");
  await gail.reads("It can be used once its questions are answered.", "It says that this may follow.", "By the program:", "Open:");
  step("drafted a policy, and read it sentence by sentence");

  await gail.page.getByText("The policy as a file").click();
  await gail.check();
  const [download] = await Promise.all([gail.page.waitForEvent("download"), gail.page.getByRole("button", { name: "Save the policy" }).click()]);
  assert.equal(download.suggestedFilename(), "kingswinford.toml");
  assert.ok((await readFile(await download.path(), "utf8")).includes('says = "may"'));
  step("saved it");
  await gail.close();
}
