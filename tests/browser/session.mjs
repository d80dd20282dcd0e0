// Who is not to get in: signed out, expired, of another practice, or by a form of another site.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { leaveUnused } from "./demo.mjs";
import { Person } from "./person.mjs";

const OURS = "/case/facebook/00190010006_000600177";
const THEIRS = "/case/facebook/00590010003_000300577";

export default async function day(chrome, demo, step) {
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  await gail.go(THEIRS);
  assert.equal(gail.last.status(), 404);
  const foreign = await gail.last.text();
  await gail.go("/case/facebook/1_1");
  assert.equal(await gail.last.text(), foreign);
  step("another practice's case is answered as one that does not exist");

  // 127.0.0.1 at another port is the same site, so the cookie goes with the form; localhost is another site.
  const answer = await gail.context.request.get(demo.console + OURS);
  const [, value] = /name="answer" value="([^"]+)"/.exec(await answer.text());
  const form = `<!DOCTYPE html><form action="${demo.console}${OURS}" method="post"><button name="answer" value="${value}">Win</button></form>`;
  const other = createServer((_, response) => response.setHeader("content-type", "text/html").end(form)).listen(0);
  for (const host of ["127.0.0.1", "localhost"]) {
    await gail.page.goto(`http://${host}:${other.address().port}/`);
    await gail.moves(gail.page.getByRole("button", { name: "Win" }));
    assert.equal(gail.last.status(), 403);
    await gail.check();
    await gail.heading("This request did not come from Pagewarden");
  }
  other.close();
  await gail.go(OURS);
  assert.ok((await gail.buttons()).includes("Leave it as it is"), "the forged form was taken");
  step("forms of other origins are refused");

  const ran = await gail.page.evaluate(() => {
    const script = Object.assign(document.createElement("script"), { textContent: "globalThis.ran = true" });
    document.body.append(script);
    return globalThis.ran ?? false;
  });
  assert.equal(ran, false);
  assert.ok(gail.complaints.splice(0).some((text) => text.includes("Content Security Policy")));
  step("the browser keeps to the content security policy");

  const [cookie] = await gail.context.cookies(demo.console);
  assert.ok(cookie.httpOnly && cookie.sameSite === "Lax", JSON.stringify(cookie));
  await leaveUnused(demo, cookie.value, 19);
  await gail.go(OURS);
  assert.equal(gail.last.status(), 200);
  await leaveUnused(demo, cookie.value, 21);
  await gail.press("Leave it as it is");
  await gail.heading("You are signed out");
  step("a session unused for 21 hours is over, one for 19 is not");

  await gail.signIn("Gail");
  const [now] = await gail.context.cookies(demo.console);
  await gail.press("Sign out");
  await gail.heading("You have signed out");
  assert.deepEqual(await gail.context.cookies(demo.console), []);
  await gail.context.addCookies([now]);
  await gail.go("/today");
  await gail.heading("You are signed out");
  step("signed out, and the old cookie opens nothing");
  await gail.close();
}
