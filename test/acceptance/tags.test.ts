import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldAll } from '../reporting/folded.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { RecordBatch, Void } from './operations.ts';

const Tags = graphql(`
  query Tags($tenantId: ID!, $first: Int, $after: String) {
    tags(tenantId: $tenantId, first: $first, after: $after) {
      edges {
        cursor
        node {
          name
          lastSeenAt
        }
      }
      pageInfo {
        hasNextPage
      }
    }
  }
`);

const TagValues = graphql(`
  query TagValues($tenantId: ID!, $name: String!, $prefix: String, $first: Int) {
    tagValues(tenantId: $tenantId, name: $name, prefix: $prefix, first: $first)
  }
`);

const ByTeam = graphql(`
  query ByTeam($tenantId: ID!, $filters: UsageFilters) {
    usage(tenantId: $tenantId, bucket: NONE, filters: $filters) {
      totals {
        totalCalls
      }
      groups(by: [{ tag: "team" }], orderBy: NAME_ASC) {
        edges {
          node {
            values {
              dimension
              tag
              value
            }
            stats {
              totalCalls
            }
          }
        }
      }
    }
  }
`);

const call = (no: number, tags: Record<string, string> | undefined) => ({
  tenantId: 'acme',
  requestId: `call-${no}`,
  occurredAt: `2026-03-0${no}T00:00:00Z`,
  inputTokens: 1,
  ...(tags ? { tags } : {}),
});

describeOnEachDatabase('tags', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
    const inputs = [
      call(1, { team: 'search', env: 'production' }),
      call(2, { team: 'support' }),
      call(3, undefined),
      call(4, { team: 'Search', 'release.id': '7' }),
    ];
    await gateway.ask(RecordBatch, { inputs: [...inputs, { ...call(5, { secret: 'x' }), tenantId: 'globex' }] });
  });
  afterAll(() => gateway?.close());

  const names = async (page: { first?: number; after?: string } = {}) => {
    const { tags } = await gateway.ask(Tags, { tenantId: 'acme', ...page });
    return tags;
  };
  const values = async (asked: { name: string; prefix?: string; first?: number }) =>
    (await gateway.ask(TagValues, { tenantId: 'acme', ...asked })).tagValues;
  const teams = async (filters?: object) => {
    const { usage } = await gateway.ask(ByTeam, { tenantId: 'acme', filters });
    return usage.groups.edges.map(({ node }) => [node.values[0]?.value, node.stats.totalCalls]);
  };

  const expectAll = async () => {
    const { edges } = await names();
    expect(edges.map(({ node }) => [node.name, node.lastSeenAt])).toEqual([
      ['env', '2026-03-01T00:00:00.000Z'],
      ['release.id', '2026-03-04T00:00:00.000Z'],
      ['team', '2026-03-04T00:00:00.000Z'],
    ]);
    const first = await names({ first: 2 });
    expect(first.pageInfo.hasNextPage).toBe(true);
    const after = first.edges.at(-1)?.cursor;
    if (after === undefined) throw new Error('A page of two has two rows.');
    expect((await names({ first: 2, after })).edges.map(({ node }) => node.name)).toEqual(['team']);
    expect(await values({ name: 'team' })).toEqual(['Search', 'search', 'support']);
    expect(await values({ name: 'team', prefix: 'se' })).toEqual(['search']);
    expect(await values({ name: 'team', prefix: '%' })).toEqual([]);
    expect(await values({ name: 'team', first: 1 })).toEqual(['Search']);
    expect(await values({ name: 'nothing' })).toEqual([]);
    expect(await teams()).toEqual([
      ['Search', 1],
      ['search', 1],
      ['support', 1],
      [null, 1],
    ]);
    expect(await teams({ tags: [{ name: 'team', values: ['search', ''] }] })).toEqual([
      ['search', 1],
      [null, 1],
    ]);
  };

  it('are offered and told apart before they are folded, after that, and after a rebuild', async () => {
    await expectAll();
    await foldAll(gateway.database.orm);
    await expectAll();
    await rebuild(gateway.database.orm.em.fork(), 'acme' as TenantId);
    await expectAll();
  });

  it('match both times where a filter names one twice', async () => {
    const tags = [
      { name: 'team', values: ['search', 'support'] },
      { name: 'team', values: ['support', 'Search'] },
    ];
    expect(await teams({ tags })).toEqual([['support', 1]]);
  });

  it('are refused under names that are none, by field', async () => {
    const { errors } = await gateway.send(
      `{ usage(tenantId: "acme", filters: { tags: [{ name: "Team", values: [] }] }) { totals { totalCalls } } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'tags' } }]);
    const grouped = await gateway.send(`{ usage(tenantId: "acme") { groups(by: [{ tag: "a'b" }]) { groupCount } } }`);
    expect(grouped.errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'by' } }]);
  });

  it('of a voided call stay known and count no more', async () => {
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'call-2', reason: 'wrong' });
    expect(await values({ name: 'team' })).toContain('support');
    expect(await teams()).not.toContainEqual(['support', 1]);
  });
});
