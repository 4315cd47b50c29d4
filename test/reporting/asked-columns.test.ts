import {
  assertObjectType,
  Kind,
  parse,
  print,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
} from 'graphql';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedColumns } from '../../src/reporting/query/asked-columns.ts';
import { schema } from '../../src/schema.ts';
import { differences } from './differences.ts';
import { agentNamesOf } from './expected-report.ts';
import { foldAll } from './folded.ts';
import { runs } from './property-options.ts';
import { randomCalls } from './random-calls.ts';
import { startRecordedGateway } from './recorded-gateway.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { byAgent, byModel, countCalls } from '../support/oracle.ts';

/** What is asked for below the fields of a document's operation, which are those of a report. */
function askedIn(document: string) {
  const { definitions } = parse(document);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  const fieldNodes: FieldNode[] = [];
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    else if (definition.kind === Kind.OPERATION_DEFINITION)
      for (const selection of definition.selectionSet.selections)
        if (selection.kind === Kind.FIELD) fieldNodes.push(selection);
  const fields = assertObjectType(schema.getType('UsageReport')).getFields();
  const returnType: GraphQLOutputType | undefined = fields[fieldNodes[0]?.name.value ?? '']?.type;
  if (!returnType) throw new Error('A report has no such field.');
  return askedColumns({ fieldNodes, fragments, returnType, schema });
}

type Measure = 'duration' | 'input' | 'output';

const sketched = /^(duration|input|output)_sketch$/;

/** The distributions whose percentiles are asked for. */
const askedPercentiles = (document: string): Measure[] =>
  askedIn(document).flatMap((column) => {
    const [, measure] = sketched.exec(column) ?? [];
    return measure === 'duration' || measure === 'input' || measure === 'output' ? [measure] : [];
  });

describe('the columns that a document asks for', () => {
  it.each<[what: string, selection: string, asked: string[]]>([
    ['a count', 'totalCalls', ['calls']],
    ['the cost', 'totalCostUsd', ['cost_usd']],
    ['a sum of two', 'totalTokens', ['input_total', 'output_total']],
    ['an average over all calls', 'inputTokens { avg }', ['calls', 'input_total']],
    ['an average over some calls', 'callDurationMs { avg }', ['duration_count', 'duration_total']],
    ['the smallest and the largest', 'outputTokens { min max }', ['output_min', 'output_max']],
    ['a percentile', 'callDurationMs { p95 }', ['duration_min', 'duration_max', 'duration_sketch']],
    ['nothing that is counted', '__typename', []],
  ])('are those of %s', (_what, selection, asked) => {
    expect(askedIn(`{ totals { ${selection} } }`)).toEqual(asked);
  });
});

describe('the percentiles that a document asks for', () => {
  it.each<[what: string, document: string, asked: string[]]>([
    ['no percentiles', '{ totals { totalCalls inputTokens { total avg min max } } }', []],
    ['one of one distribution', '{ totals { callDurationMs { p95 } } }', ['duration']],
    [
      'all of all',
      '{ totals { callDurationMs { p5 } inputTokens { p50 } outputTokens { p99 } } }',
      ['duration', 'input', 'output'],
    ],
    [
      'the same under two aliases',
      '{ totals { a: callDurationMs { x: p95 } b: callDurationMs { y: p95 } } }',
      ['duration'],
    ],
    [
      'an alias that is called like another field',
      '{ totals { inputTokens: outputTokens { total: p5 avg } } }',
      ['output'],
    ],
    ['an alias that is called like a percentile', '{ totals { inputTokens { p5: avg } } }', []],
    [
      'inline fragments, with and without a type',
      `{
      totals { ... { ... on UsageStats { outputTokens { ... on TokenStats { ... { p50 } } } } } }
    }`,
      ['output'],
    ],
    ['a fragment', '{ totals { ...S } } fragment S on UsageStats { inputTokens { p99 } }', ['input']],
    [
      'a fragment that is never spread',
      '{ totals { totalCalls } } fragment S on UsageStats { inputTokens { p99 } }',
      [],
    ],
    [
      'fragments in fragments',
      `{ byAgent { ...A } }
      fragment D on TokenStats { p5 }
      fragment S on UsageStats { outputTokens { ...D } }
      fragment A on AgentUsage { stats { ...S } }`,
      ['output'],
    ],
    [
      'one fragment below two distributions',
      `{ totals { inputTokens { ...D } outputTokens { ...D } } }
      fragment D on TokenStats { avg p95 }`,
      ['input', 'output'],
    ],
    [
      'a fragment that is met again in itself by way of another field',
      `{ byAgent { ...A } }
      fragment A on AgentUsage { stats { ...S } agent { usage { ...S } } }
      fragment S on UsageStats { callDurationMs { ...D } }
      fragment D on DistributionStats { p50 }`,
      ['duration'],
    ],
    [
      'a field of two selections',
      '{ totals { inputTokens { p5 } } totals { outputTokens { p5 } } }',
      ['input', 'output'],
    ],
    [
      'percentiles of a nested breakdown',
      '{ byAgent { stats { callDurationMs { p99 } } agent { usage { inputTokens { p5 } } } } }',
      ['duration', 'input'],
    ],
    ['what is skipped as well', '{ totals { inputTokens @skip(if: true) { p5 @include(if: false) } } }', ['input']],
  ])('are found: %s', (_what, document, asked) => {
    expect(askedPercentiles(document)).toEqual(asked);
  });

  it('does not end in fragments that spread each other, which are refused elsewhere', () => {
    const document = `{ totals { ...A } }
      fragment A on UsageStats { inputTokens { p5 } ...B }
      fragment B on UsageStats { outputTokens { p5 } ...A }`;
    expect(askedPercentiles(document)).toEqual(['input', 'output']);
  });

  it('are the same however a document is cut into fragments', () => {
    fc.assert(
      fc.property(fc.array(selection, { minLength: 1, maxLength: 6 }), (selections) => {
        const asked = ['callDurationMs', 'inputTokens', 'outputTokens'].filter((field) =>
          selections.some((selection) => selection.field === field && selection.percentile),
        );
        expect(askedPercentiles(cut(selections)).map((measure) => fieldOf[measure])).toEqual(asked);
      }),
      runs(500),
    );
  });
});

const fieldOf = { duration: 'callDurationMs', input: 'inputTokens', output: 'outputTokens' };

/** A field of statistics, and how it is wrapped, from the inside out. */
const selection = fc.record({
  field: fc.constantFrom('callDurationMs', 'inputTokens', 'outputTokens'),
  percentile: fc.boolean(),
  wraps: fc.array(fc.constantFrom('inline', 'typed', 'fragment'), { maxLength: 5 }),
});

function cut(selections: readonly { field: string; percentile: boolean; wraps: readonly string[] }[]): string {
  const fragments: string[] = [];
  const wrapped = selections.map(({ field, percentile, wraps }, no) =>
    wraps.reduce(
      (inner, wrap) => {
        if (wrap === 'inline') return `... { ${inner} }`;
        if (wrap === 'typed') return `... on UsageStats { ${inner} }`;
        fragments.push(`fragment F${fragments.length} on UsageStats { ${inner} }`);
        return `...F${fragments.length - 1}`;
      },
      `a${no}: ${field} { b: ${percentile ? 'p95' : 'avg'} }`,
    ),
  );
  return print(parse(`{ totals { ${wrapped.join(' ')} } } ${fragments.join(' ')}`));
}

const calls = randomCalls(150, 7);
const ofAcme = calls.filter(({ tenantId }) => tenantId === 'Acme');
const window = 'from: "2000-01-01T00:00:00Z", to: "2026-10-25T01:40:00Z"';
const byName = { orderBy: 'NAME_ASC', first: 100 } as const;

const all = countCalls(ofAcme);
const { callDurationMs, inputTokens, outputTokens } = all;
const percentiles = ({ p5, p50, p95, p99 }: typeof inputTokens) => ({ p5, p50, p95, p99 });

const tokens = ['total', 'avg', 'min', 'max', 'p5', 'p50', 'p95', 'p99'];
/** Every number of the statistics, as a selection and as the path of its value. */
const numbers: readonly (readonly string[])[] = [
  ...['totalCalls', 'failedCalls', 'totalCostUsd', 'unpricedCalls', 'cachedInputTokens', 'reasoningTokens'].map(
    (field) => [field],
  ),
  ['totalTokens'],
  ...tokens.slice(1).map((field) => ['callDurationMs', field]),
  ...['inputTokens', 'outputTokens'].flatMap((measure) => tokens.map((field) => [measure, field])),
];
const selectionOf = ([field = '', inner]: readonly string[]) => (inner ? `${field} { ${inner} }` : field);

describeOnEachDatabase('a report whose columns are asked for', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startRecordedGateway(kind, calls);
  });
  afterAll(() => gateway?.close());

  async function answered(document: string): Promise<object> {
    const { data, errors } = await gateway.send<object, never>(document);
    expect(errors).toEqual([]);
    return data;
  }
  const report = (selections: string, fragments = '') =>
    answered(`{ usage(tenantId: "Acme", ${window}) { ${selections} } } ${fragments}`);

  it.each(numbers.map((path) => [path.join('.'), path] as const))(
    'has %s where nothing else is asked for',
    async (_name, path) => {
      const [field = '', inner] = path;
      const value = (stats: object): unknown => {
        const found: unknown = Reflect.get(stats, field);
        return inner && found instanceof Object
          ? { [field]: { [inner]: Reflect.get(found, inner) } }
          : { [field]: found };
      };
      const selection = selectionOf(path);
      const found = await report(
        `totals { ${selection} } byModel(orderBy: NAME_ASC) { stats { ${selection} } } few: byModel(first: 2) { model }`,
      );
      const byName = byModel(ofAcme, { orderBy: 'NAME_ASC', first: 100 }).map(({ stats }) => ({ stats: value(stats) }));
      const few = byModel(ofAcme, { orderBy: 'COST_DESC', first: 2 }).map(({ model }) => ({ model }));
      expect(differences(found, { usage: { totals: value(all), byModel: byName, few } })).toEqual([]);
    },
  );

  it('has them in every part, whatever the document looks like', async () => {
    const found = await report(
      `totals { ...Stats again: outputTokens { p5 } }
       more: totals { inputTokens { ...Tokens } }
       byAgent(orderBy: NAME_ASC) { ...Agent }
       ... on UsageReport { byModel(orderBy: NAME_ASC) { model stats { ... { ...Stats } } } }`,
      `fragment Tokens on TokenStats { p5 p50 p95 p99 }
       fragment Stats on UsageStats { callDurationMs { ... on DistributionStats { p50 p99 } } inputTokens { ...Tokens } }
       fragment Agent on AgentUsage { agentId stats { ...Stats } }`,
    );
    const stats = ({
      callDurationMs: { p50, p99 },
      inputTokens,
    }: Pick<typeof all, 'callDurationMs' | 'inputTokens'>) => ({
      callDurationMs: { p50, p99 },
      inputTokens: percentiles(inputTokens),
    });
    const usage = {
      totals: { ...stats(all), again: { p5: outputTokens.p5 } },
      more: { inputTokens: percentiles(inputTokens) },
      byAgent: byAgent(ofAcme, byName, agentNamesOf('Acme')).map((row) => ({
        agentId: row.agentId,
        stats: stats(row.stats),
      })),
      byModel: byModel(ofAcme, byName).map((row) => ({ model: row.model, stats: stats(row.stats) })),
    };
    expect(differences(found, { usage })).toEqual([]);
  });

  it('has one that is asked for under two aliases in both', async () => {
    const found = await report('totals { a: callDurationMs { p95 } b: callDurationMs { p95 } }');
    const { p95 } = callDurationMs;
    expect(differences(found, { usage: { totals: { a: { p95 }, b: { p95 } } } })).toEqual([]);
  });

  it('has those of each part that asks for others', async () => {
    const found = await report(
      `a: totals { callDurationMs { p95 } }
       b: totals { inputTokens { p50 } outputTokens { total } }
       c: totals { totalCalls }
       d: totals { outputTokens { p99 } }`,
    );
    const usage = {
      a: { callDurationMs: { p95: callDurationMs.p95 } },
      b: { inputTokens: { p50: inputTokens.p50 }, outputTokens: { total: outputTokens.total } },
      c: { totalCalls: ofAcme.length },
      d: { outputTokens: { p99: outputTokens.p99 } },
    };
    expect(differences(found, { usage })).toEqual([]);
  });

  it('has them of agents below a breakdown, and of all tenants', async () => {
    const found = await answered(`{
      usage(tenantId: "Acme", ${window}) {
        byAgent(orderBy: NAME_ASC) { agentId agent { usage(${window}) { ...Stats } } }
      }
      allUsage(${window}) {
        total { inputTokens { p95 } }
        tenants(first: 1) { edges { node { tenant { id } ...Tenant } } }
      }
    }
    fragment Stats on UsageStats { outputTokens { p50 } }
    fragment Tenant on TenantUsage { stats { ...Stats callDurationMs { p95 } } }`);
    const byAgentRows = byAgent(ofAcme, byName, agentNamesOf('Acme')).map(({ agentId, agent, stats }) => ({
      agentId,
      agent: agent && { usage: { outputTokens: { p50: stats.outputTokens.p50 } } },
    }));
    const node = {
      tenant: { id: 'Acme' },
      stats: { outputTokens: { p50: outputTokens.p50 }, callDurationMs: { p95: callDurationMs.p95 } },
    };
    const { p95 } = countCalls(calls).inputTokens;
    expect(
      differences(found, {
        usage: { byAgent: byAgentRows },
        allUsage: { total: { inputTokens: { p95 } }, tenants: { edges: [{ node }] } },
      }),
    ).toEqual([]);
  });

  it('has the same when everything is folded', async () => {
    await foldAll(gateway.database.orm);
    const found = await report(
      'totals { inputTokens { ...All } outputTokens { ...All } }',
      'fragment All on TokenStats { p5 p50 p95 p99 }',
    );
    const totals = { inputTokens: percentiles(inputTokens), outputTokens: percentiles(outputTokens) };
    expect(differences(found, { usage: { totals } })).toEqual([]);
  });
});
