import { isJsonObject, type JsonObject } from '../values/json.ts';

/** What is at a path of names, such as "response.usage"; undefined where there is nothing, or null. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.'))
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found ?? undefined;
}

/** The first text at any of the paths. */
export function firstText(value: JsonObject, paths: readonly string[]): string | undefined {
  return paths
    .map((path) => at(value, path))
    .find((found): found is string => typeof found === 'string' && found !== '');
}
