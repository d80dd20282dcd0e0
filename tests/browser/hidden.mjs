// Hidden by the platform, not by the practice: one comment is shown again, another stays hidden, and nobody is asked twice.
import assert from "node:assert/strict";
import { hiddenOnFacebook, hideOnFacebook, sweep, until, waiting } from "./demo.mjs";
import { Person } from "./person.mjs";

const PAGE = "100000000000002";
const [ROB, UNA] = ["00290010007_000700277", "00290010006_000600277"];
const SCREEN = "Hidden by the platform, not by you";

export default async function day(chrome, demo, step) {
  const asks = async (comment) => (await waiting(demo, `P#threeways#POST#facebook#${comment}`)).map((task) => task.kind.S);
  const ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
  await ruth.follow("Hidden by others");
  await ruth.heading(SCREEN);
  await ruth.reads("Nothing is hidden that you did not hide.");
  for (const comment of [ROB, UNA]) await hideOnFacebook(demo, PAGE, comment);
  await sweep(demo, "threeways", PAGE);
  for (const comment of [ROB, UNA]) await until("hidden_elsewhere", async () => (await asks(comment)).join());
  step("two comments are hidden on Facebook, and the sweep finds that");

  await ruth.go("/today");
  await ruth.moves(ruth.page.getByRole("main").getByRole("link", { name: SCREEN }));
  await ruth.check();
  await ruth.reads("2 posts.", "Will the new car park be open by Christmas?", "Lovely flu clinic this morning");
  const open = async (author) => {
    const card = ruth.page.getByRole("listitem").filter({ hasText: `by ${author}.` });
    await ruth.moves(card.getByRole("heading").getByRole("link").first());
    await ruth.check();
  };
  await open("Rob Penfold");
  await ruth.reads("It is hidden, and not by you: Facebook or somebody using the page's own tools hid it.");
  assert.deepEqual(await ruth.buttons("Not hidden by you: show it again, or leave it?"), ["Show it again", "Leave it hidden"]);
  await ruth.press("Show it again");
  await ruth.heading("Done");
  await until(false, () => hiddenOnFacebook(demo, PAGE, ROB));
  step("had one shown again, and Facebook shows it");

  await ruth.go("/hidden");
  await ruth.reads("1 post.");
  await open("Una Grady");
  await ruth.press("Leave it hidden");
  await ruth.reads("Ruth (practice manager) decided: Leave it hidden.");
  await sweep(demo, "threeways", PAGE);
  await ruth.go("/hidden");
  await ruth.reads("Nothing is hidden that you did not hide.");
  assert.equal(await hiddenOnFacebook(demo, PAGE, UNA), true);
  step("left the other hidden");
  await ruth.close();

  const tom = await (await Person.open(chrome, demo, { script: false })).signIn("Tom Bright");
  await tom.go("/hidden");
  await tom.heading(SCREEN);
  await tom.go("/help");
  await tom.reads("What the screens are for", "Staff log", "Try a post", "hand it over", "other posts");
  step("read the screen and the help without script");
  await tom.close();
}
