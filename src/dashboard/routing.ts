import { useEffect, useState } from 'preact/hooks';

/** Where the reader is. All of it is in the address after "#", which is never sent to the gateway. */
export interface Route {
  page: string;
  params: URLSearchParams;
}

function read(): Route {
  const [page = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { page, params: new URLSearchParams(query) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const listener = () => setRoute(read());
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  return route;
}

export type Params = Record<string, string | readonly string[] | undefined>;

/** The address of a page; parameters that are undefined or empty are left out. */
export function addressOf(page: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const one of [value ?? []].flat()) if (one !== '') query.append(name, one);
  const text = query.toString();
  return `#/${page}${text ? `?${text}` : ''}`;
}

/** Changes some parameters of the page that is open, as a step that Back undoes. */
export function changeParams(changes: Params): void {
  const { page, params } = read();
  const all: Params = {};
  for (const name of new Set(params.keys())) all[name] = params.getAll(name);
  location.hash = addressOf(page, { ...all, ...changes });
}
