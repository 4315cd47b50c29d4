import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

/** A room may import from itself and from the rooms before it. */
const rooms = [
  'client',
  // Runs in the browser, and speaks to the rest over the public API alone.
  'dashboard',
  'values',
  'settings',
  'telemetry',
  'database',
  'background',
  'caller',
  'admission',
  'graphql',
  'audit',
  'outbox',
  'tenancy',
  'access',
  'pricing',
  'provider-usage',
  'limits',
  'recording',
  'rollup',
  'reporting',
  'repricing',
  'budgets',
  'statements',
  'retention',
  'erasure',
  'notifications',
  'live',
  'transfer',
  'web',
  'mcp',
  'ingest',
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.startsWith('dashboard/gql/'),
);
const roomOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : 'top');

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => relative(src, resolve(dirname(join(src, file)), specifier)));
}

describe('the house', () => {
  it('has no room that the import order does not know', () => {
    const unknown = new Set(files.map(roomOf).filter((room) => ![...rooms, 'top', 'cli'].includes(room)));
    expect([...unknown]).toEqual([]);
  });

  it('imports one way, from right to left', () => {
    const wrong = files.flatMap((file) => {
      const place = rooms.indexOf(roomOf(file));
      if (place === -1) return [];
      return importsOf(file)
        .filter((target) => !target.startsWith('../'))
        .filter((target) => rooms.indexOf(roomOf(target)) > place || !rooms.includes(roomOf(target)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('uses nothing of the dashboard elsewhere', () => {
    const using = files.filter((file) => roomOf(file) !== 'dashboard');
    expect(using.filter((file) => importsOf(file).some((target) => target.startsWith('dashboard/')))).toEqual([]);
  });

  it('keeps files small', () => {
    const large = files.filter((file) => readFileSync(join(src, file), 'utf8').split('\n').length > 250);
    expect(large).toEqual([]);
  });

  it('keeps SQL in repositories and migrations', () => {
    const sqlHomes = /(\.repository|-sql|\b(orm|migrate|open-database|session|transaction|folder-lock))\.ts$/;
    const sqlOutside = files.filter(
      (file) =>
        !sqlHomes.test(file) &&
        /\bsql`|\.execute\(|getKysely|\bselect \w+ from\b/.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(sqlOutside).toEqual([]);
  });

  it('sends statements where the session of the entity manager holds', () => {
    const outside = files.filter((file) => readFileSync(join(src, file), 'utf8').includes('getKysely'));
    expect(outside).toEqual(['database/session.ts']);
  });

  it('asks for the whole platform only where no caller is answered', () => {
    const asking = files.filter((file) => /\borm\.em\b/.test(readFileSync(join(src, file), 'utf8')));
    expect(asking.filter((file) => !file.startsWith('cli/')).toSorted()).toEqual([
      'access/authenticate.ts',
      'database/migrate.ts',
      'database/session.ts',
      'open-database.ts',
      'recording/store-calls.ts',
      'rollup/fold.task.ts',
      'serving.ts',
      'transfer/export/export-calls.ts',
    ]);
  });
});
