import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Settings that are secret, or hold one, and may be given as the path of a file, as containers and systemd do. */
const secrets = ['DATABASE_URL', 'SUPERUSER_KEY', 'METRICS_KEY'] as const;

type Secret = (typeof secrets)[number];

const fileSetting = (secret: Secret) =>
  z
    .string()
    .optional()
    .describe(
      `Path of a file that holds \`${secret}\`, used in its place. A line end at the end of the file is left out.`,
    );

export const secretFileSettings = {
  DATABASE_URL_FILE: fileSetting('DATABASE_URL'),
  SUPERUSER_KEY_FILE: fileSetting('SUPERUSER_KEY'),
  METRICS_KEY_FILE: fileSetting('METRICS_KEY'),
} satisfies Record<`${Secret}_FILE`, z.ZodType>;

type Given = Readonly<Record<string, string | undefined>>;

/** The settings with the secrets that files hold, and what is wrong with those files. */
export function withSecretsFromFiles(given: Given): { given: Given; problems: string[] } {
  const read: Record<string, string> = {};
  const problems: string[] = [];
  for (const secret of secrets) {
    const name = `${secret}_FILE`;
    const path = given[name];
    if (path === undefined) continue;
    if (given[secret] !== undefined) problems.push(`${name} cannot be used together with ${secret}`);
    else
      try {
        const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
        if (text === '') problems.push(`${name}: the file ${path} is empty`);
        else read[secret] = text;
      } catch (error) {
        problems.push(`${name}: the file ${path} cannot be read: ${reasonOf(error)}`);
      }
  }
  return { given: { ...given, ...read }, problems };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
