// A real OpenID provider on loopback for the tests: it signs in the person whose name is typed, password unasked.
// usage: node provider.mjs PORT REDIRECT_URI CLIENT_SECRET CLAIMS_JSON (person -> claims)
import { Provider } from 'oidc-provider';

const [port, redirect, secret, claims] = process.argv.slice(2);
const people = JSON.parse(claims);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'fengqing',
    client_secret: secret,
    redirect_uris: [redirect],
    post_logout_redirect_uris: [redirect, new URL(redirect).origin, `${new URL(redirect).origin}/`],
  }],
  claims: { openid: ['sub'], profile: ['name', 'fengqing_role', 'fengqing_scope', 'fengqing_cases'] },
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: id, ...people[id] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
