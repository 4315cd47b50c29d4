import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { printedSchema } from './src/print-schema.ts';
import { settingsMarkdown } from './src/settings/settings-page.ts';
import { keptMarkdown } from './test/retention/kept-table.ts';
import { accessMarkdown } from './test/access/access-table.ts';

const schema = printedSchema();

/** Typed documents that are written to a folder. */
const typedDocuments = (output: string, documents: string[], more: Record<string, unknown>): CodegenConfig => ({
  schema,
  documents,
  silent: true,
  generates: {
    [output]: {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        ...more,
      },
    },
  },
});

const scalars = {
  DateTime: 'string',
  Decimal: 'string',
  SafeInt: 'number',
  TimeZone: 'string',
  LocalDate: 'string',
  LocalDateTime: 'string',
  Tags: 'Record<string, string>',
  Units: { input: 'Record<string, string | number>', output: 'Record<string, string>' },
  JSONObject: 'Record<string, unknown>',
};
const dashboardScalars = {
  ...scalars,
  // Decimals are text that Intl formats without a float in between.
  Decimal: '`${number}`',
};

const acceptance = 'test/acceptance/gql/';
const dashboard = 'src/dashboard/gql/';

/** A page of documentation with a table that is generated: who may do what as it is tested, and the settings. */
async function pageWithTable(filename: string, table: string): Promise<{ filename: string; content: string }> {
  const page = await readFile(filename, 'utf8');
  const content = page.replace(
    /(<!-- \w+ table -->\n)[^]*?(<!-- end -->)/,
    (_table, begin, end) => `${begin}\n${table}\n\n${end}`,
  );
  return { filename, content };
}

/** With --check nothing is written, and stale files fail the run; CI calls it that way. */
const check = process.argv.includes('--check');
const files: { filename: string; content: string }[] = [
  { filename: 'schema.graphql', content: printedSchema() },
  await pageWithTable('docs/access.md', accessMarkdown()),
  await pageWithTable('docs/settings.md', settingsMarkdown()),
  await pageWithTable('docs/retention.md', keptMarkdown()),
  ...(await generate(typedDocuments(acceptance, ['test/acceptance/*.ts'], { scalars }), false)),
  // Documents as text need no printer in the browser. They are imported by name, so the map from text to document that
  // comes with them is left out.
  ...(
    await generate(
      typedDocuments(dashboard, ['src/dashboard/operations/*.graphql'], {
        documentMode: 'string',
        scalars: dashboardScalars,
      }),
      false,
    )
  ).filter(({ filename }: { filename: string }) => filename.endsWith('graphql.ts')),
];

if (check) {
  const stale: string[] = [];
  for (const { filename, content } of files)
    if ((await readFile(filename, 'utf8').catch(() => '')) !== content) stale.push(filename);
  if (stale.length > 0) {
    process.stderr.write(`Not up to date, run 'npm run codegen': ${stale.join(', ')}\n`);
    process.exitCode = 1;
  }
} else {
  for (const output of [acceptance, dashboard]) await mkdir(output, { recursive: true });
  for (const { filename, content } of files) await writeFile(filename, content);
}
