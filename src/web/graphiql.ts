import type { GraphiQLOptions } from 'graphql-yoga';
import { examples } from './graphiql-examples.ts';

/** GraphiQL with an example in each tab. The key is one for all of them, so that tabs have no headers of their own. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Usage Gateway',
  defaultTabs: examples.map((query) => ({ query })),
  defaultEditorToolsVisibility: false,
  isHeadersEditorEnabled: false,
  shouldPersistHeaders: false,
};

/** Where the dashboard keeps for whom the tab speaks; GraphiQL in the same tab speaks for the same. */
const place = JSON.stringify('usage-gateway.session');

/** Sends the key of the tab with every request, and lets it be typed in where nobody has signed in. */
const oneKey = /* JavaScript */ `
  const read = () => {
    try {
      return JSON.parse(sessionStorage.getItem(${place}) ?? 'null');
    } catch {
      return null;
    }
  };
  const send = window.fetch;
  window.fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    const session = read();
    if (session) headers.set('authorization', 'Bearer ' + (session.impersonation ?? session.key));
    return send(url, { ...init, headers });
  };
  addEventListener('DOMContentLoaded', () => {
    const bar = document.querySelector('#key');
    const show = () => {
      const session = read();
      bar.toggleAttribute('data-signed-in', session !== null);
      bar.querySelector('output').textContent = !session
        ? 'Not signed in.'
        : session.impersonation
          ? 'Signed in as in the dashboard: impersonating.'
          : 'Signed in, here and on the dashboard.';
    };
    bar.addEventListener('submit', (event) => {
      event.preventDefault();
      const field = bar.elements.namedItem('key');
      const key = field.value.trim();
      if (read()) sessionStorage.removeItem(${place});
      else if (key !== '') sessionStorage.setItem(${place}, JSON.stringify({ key }));
      field.value = '';
      show();
    });
    show();
  });
`;

/** On reload GraphiQL looks for the tab with the query that was edited last, and adds an empty tab if there is none. */
const rememberTab = /* JavaScript */ `
  if (!localStorage.getItem('graphiql:query')) localStorage.setItem('graphiql:query', ${JSON.stringify(examples[0])});
`;

const style = /* CSS */ `
  body { display: flex; flex-direction: column; height: 100vh; margin: 0; }
  #root { flex: 1; min-height: 0; height: auto; }
  .graphiql-container { height: 100%; }
  #key { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; padding: 8px 16px; font: 14px system-ui, sans-serif; }
  #key input { width: 20em; font: inherit; }
  #key button { font: inherit; }
  #key[data-signed-in] .out, #key:not([data-signed-in]) .in { display: none; }
  #key a { margin-left: auto; }
  /* A tab that was never moved jumps aside when it is pressed, so that the first click is lost. */
  .graphiql-tab { transform: none !important; }
`;

const bar = /* HTML */ `<form id="key">
  <output></output>
  <label class="out"
    >API key, for all tabs until this one is closed
    <input name="key" type="password" autocomplete="off" spellcheck="false"
  /></label>
  <button class="out">Use this key</button>
  <button class="in">Forget</button>
  <a href="/">Dashboard</a>
</form>`;

/** GraphiQL brings a history of its own, which Yoga's page leaves out. */
function withHistory(page: string): string {
  const [, history] = /const (\w+)=\{title:"History"/.exec(page) ?? [];
  return history === undefined
    ? page
    : page.replace(/plugins:\[(\w+)\](?=,schemaDescription)/, (_all, explorer) => `plugins:[${history},${explorer}]`);
}

/** Yoga's page of GraphiQL, with one key, a history, and its place below the bar with the key. */
export const completePage = (page: string): string =>
  withHistory(page)
    .replace('</head>', () => `<style>${style}</style><script>{${oneKey}${rememberTab}}</script></head>`)
    .replace('<div id="root">', () => `${bar}<div id="root">`);
