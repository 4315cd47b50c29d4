import { identifierProblem, maxIdentifierLength } from '../../values/identifier.ts';
import { maxEntries } from '../../values/names.ts';
import type { Tags } from '../../values/tags.ts';
import type { Attributes } from './span.ts';

/** These come before the others when a resource has more attributes than a call has tags. */
const first = ['service.name', 'deployment.environment.name', 'service.namespace', 'service.version'];

/** What tells about the machine and the program rather than about what a call is for. */
const machinery =
  /^(aws|azure|browser|cloud|container|device|faas|gcp|heroku|host|k8s|os|process|telemetry|webengine)\.|^service\.instance\.id$/;

const renamed: Readonly<Record<string, string>> = { 'deployment.environment': 'deployment.environment.name' };

const maxNameLength = 64;

/** Tags of a call from the attributes of its resource, with names made to fit. */
export function tagsOf(resource: Attributes): Tags {
  const tags = new Map<string, string>();
  const names = [...resource.keys()].filter((name) => !machinery.test(name)).toSorted();
  for (const name of [...first, ...names]) {
    const value = valueOf(resource.get(name));
    const tag = (renamed[name] ?? name)
      .toLowerCase()
      .replaceAll(/[^a-z0-9_.-]/g, '_')
      .slice(0, maxNameLength);
    if (value !== undefined && tag !== '' && !tags.has(tag) && tags.size < maxEntries) tags.set(tag, value);
  }
  return Object.fromEntries(tags);
}

function valueOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = [...String(value)].slice(0, maxIdentifierLength).join('');
  return identifierProblem(text) === undefined ? text : undefined;
}
