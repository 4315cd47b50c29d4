import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { generate, type CodegenConfig } from '@graphql-codegen/cli';
import { printedSchema } from './src/print-schema.ts';
import { settingsMarkdown } from './src/settings/settings-page.ts';
import { accessMarkdown } from './test/access/access-table.ts';

const documents = 'test/acceptance/**/*.test.ts';
const output = 'test/acceptance/gql/';

const config: CodegenConfig = {
  schema: printedSchema(),
  documents: [documents, 'test/acceptance/operations.ts'],
  generates: {
    [output]: {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        scalars: {
          DateTime: 'string',
          Decimal: 'string',
          SafeInt: 'number',
          TimeZone: 'string',
          LocalDate: 'string',
          LocalDateTime: 'string',
          Tags: 'Record<string, string>',
          Units: { input: 'Record<string, string | number>', output: 'Record<string, string>' },
          JSONObject: 'Record<string, unknown>',
        },
      },
    },
  },
};

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
  ...(await generate({ ...config, silent: true }, false)),
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
  await mkdir(output, { recursive: true });
  for (const { filename, content } of files) await writeFile(filename, content);
}
