// Runs oidc-provider: node issuer.mjs TOOLS REDIRECT_URI, where TOOLS is a folder with the packages of package.json.
// Prints its address when it answers, and ends when its standard input does.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, redirect] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(join(tools, "node_modules/oidc-provider/lib/index.js")));

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: "only", use: "sig", alg: "RS256" };

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  clients: [
    {
      client_id: "pagewarden",
      client_secret: "a-secret-for-this-test-alone-0123456789",
      redirect_uris: [redirect],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  // Whoever signs in types their address as the name.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true }) }),
  conformIdTokenClaims: false,
  cookies: { keys: ["for this test alone"] },
  jwks: { keys: [key] },
  pkce: { required: () => true },
});
server.on("request", provider.callback());
console.log(`issuer ${issuer}`);
process.stdin.on("end", () => process.exit(0)).resume();
