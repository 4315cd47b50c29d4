import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Whether a path of the project is sent to the builder: .dockerignore leaves all out but what it lists with "!". */
export function listedInContext(path: string): boolean {
  const ignore = readFileSync(resolve(import.meta.dirname, '../../.dockerignore'), 'utf8').split('\n');
  if (!ignore.includes('*')) throw new Error('.dockerignore does not begin with leaving everything out.');
  return ignore.includes(`!${path.replace(/^\.\//, '')}`);
}
