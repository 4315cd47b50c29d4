import type { GraphiQLOptions } from 'graphql-yoga';
import { allUsage, live, record, usageByDay } from './graphiql-examples.ts';

const placeholder = 'Bearer <your API key>';
const headers = `{
  // Fill in once for all tabs. Lost on reload.
  "Authorization": "${placeholder}"
}`;

/** GraphiQL with an example in each tab and an Authorization header to fill in. The browser does not store keys. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Usage Gateway',
  defaultTabs: [record, usageByDay, live, allUsage].map((query) => ({ query, headers })),
  defaultHeaders: headers,
  headers,
  defaultEditorToolsVisibility: 'headers',
  shouldPersistHeaders: false,
};

/**
 * Each tab has its own headers. A tab that still has the placeholder sends the key that another tab sent last, or none
 * before that, so that the documentation loads at once. The key stays in the page's memory.
 */
const shareKey = /* JavaScript */ `
  const send = window.fetch;
  let key;
  window.fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    const own = headers.get('authorization');
    if (own !== ${JSON.stringify(placeholder)}) key = own ?? key;
    else if (key) headers.set('authorization', key);
    else headers.delete('authorization');
    return send(url, { ...init, headers });
  };
`;

/** On reload GraphiQL looks for the tab with the query that was edited last, and adds an empty tab if there is none. */
const rememberTab = /* JavaScript */ `
  if (!localStorage.getItem('graphiql:query')) localStorage.setItem('graphiql:query', ${JSON.stringify(record)});
`;

/** A tab that was never moved jumps aside when it is pressed, so that the first click is lost. */
const keepTabsInPlace = '.graphiql-tab { transform: none !important; }';

/** Additions to GraphiQL's page. */
export const graphiqlHead = `<style>${keepTabsInPlace}</style><script>{${shareKey}${rememberTab}}</script>`;
