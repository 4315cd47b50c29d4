import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { exportCalls } from '../../../src/transfer/export/export-calls.ts';
import { planExport } from '../../../src/transfer/export/plan.ts';
import { describeOnEachDatabase } from '../../support/databases.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { Filters } from '../../support/oracle.ts';
import { runs } from '../../reporting/property-options.ts';
import { filters, now, randomCalls, tenants } from '../../reporting/random-calls.ts';
import { eventfulWindow } from '../../reporting/random-report-queries.ts';
import { startRecordedGateway } from '../../reporting/recorded-gateway.ts';
import { exported, imported, keysOf } from './exported.ts';

const calls = randomCalls(400, 7);

const Calls = `
  query ($tenantId: ID, $from: DateTime, $to: DateTime, $filters: UsageFilters) {
    calls(tenantId: $tenantId, from: $from, to: $to, filters: $filters, first: 1000) { edges { node { requestId } } }
  }`;

interface Listed {
  calls: { edges: { node: { requestId: string } }[] };
}

/** Filters as they are said on a command line, where a value is some text and a filter has at least one. */
const said = <Value>(values: readonly Value[] | null | undefined) => (values ?? []).filter((value) => value !== '');

const saidFilters = filters.map(({ tags, ...given }): Filters => {
  const saidTags = said(tags).flatMap(({ name, values }) =>
    said(values).length > 0 ? [{ name, values: said(values) }] : [],
  );
  return {
    ...Object.fromEntries(
      Object.entries(given).flatMap(([field, values]) => (said(values).length > 0 ? [[field, said(values)]] : [])),
    ),
    ...(saidTags.length > 0 ? { tags: saidTags } : {}),
  };
});

describeOnEachDatabase('the calls of an export', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startRecordedGateway(kind, calls)));
  afterAll(() => gateway?.close());

  it('are those of `calls` for any window and filters, oldest first', { timeout: 120_000 }, async () => {
    const exportQuery = fc.record({
      tenantId: fc.constantFrom(...tenants).map(({ id }) => id),
      window: eventfulWindow(calls).filter(({ from, to }) => from < to),
      open: fc.constantFrom('from', 'to', 'neither'),
      filters: saidFilters,
    });
    await fc.assert(
      fc.asyncProperty(exportQuery, async ({ tenantId, window, open, filters }) => {
        const from = open === 'from' ? undefined : new Date(window.from).toISOString();
        const to = open === 'to' && window.from < now ? undefined : new Date(window.to).toISOString();
        const { data, errors } = await gateway.send<Listed, object>(Calls, { tenantId, from, to, filters });
        expect(errors).toEqual([]);
        const { tags, ...others } = filters;
        const byField = [
          ...Object.entries(others),
          ...(tags ?? []).map(({ name, values }) => [`tag:${name}`, values] as const),
        ];
        const filter = byField.flatMap(([field, values]) => (values ?? []).map((value) => `${field}=${value}`));
        const output = new PassThrough();
        const plan = planExport({ tenant: tenantId, from, to, filter }, new Date(now));
        const [bytes, count] = await Promise.all([buffer(output), exportCalls(gateway.database.orm, plan, output)]);
        const listed = data.calls.edges.map(({ node }) => node.requestId).toReversed();
        expect(keysOf(bytes)).toEqual(listed);
        expect(count).toBe(listed.length);
      }),
      runs(60),
    );
  });
});

describeOnEachDatabase('an export of several pages', (kind) => {
  let folder: string;
  let gateway: TestGateway;
  const count = 4321;
  const tenant = 'many';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
    gateway = await startTestGateway(kind, { folding: false });
    // More calls of one instant than a page holds, and some on both sides.
    const time = (no: number) => (no < 100 ? '2026-01-01' : no < 4200 ? '2026-01-02' : '2026-01-03');
    const lines = Array.from({ length: count }, (_, no) => `r-${no},${time(no)}T00:00:00Z,1,1`);
    const bytes = ['requestId,occurredAt,inputTokens,outputTokens', ...lines].join('\n');
    await imported(gateway.database.orm, folder, { bytes, tenant, format: 'csv' });
  });
  afterAll(async () => {
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has every call once, by time and key', async () => {
    const keys = keysOf(await exported(gateway.database.orm, { tenant }));
    expect(keys).toHaveLength(count);
    expect(new Set(keys).size).toBe(count);
    expect(keys.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, no) => `r-${no}`).toSorted());
    expect(keys.slice(100, 4200)).toEqual(Array.from({ length: 4100 }, (_, no) => `r-${no + 100}`).toSorted());
  });

  it('begins and ends in the middle of the pages', async () => {
    const window = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' };
    expect(keysOf(await exported(gateway.database.orm, { tenant, ...window }))).toHaveLength(4100);
  });

  it('reads no further than it is read', async () => {
    const { orm } = gateway.database;
    const fork = vi.spyOn(orm.em, 'fork');
    const output = new PassThrough();
    const running = exportCalls(orm, planExport({ tenant }, new Date()), output);
    await sleep(300);
    const pages = fork.mock.calls.length;
    fork.mockRestore();
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThanOrEqual(2);
    await pipeline(output, new Writable({ write: (_chunk, _encoding, done) => done() }));
    expect(await running).toBe(count);
  });

  it('ends when it is told to, and when its reader goes', async () => {
    const { orm } = gateway.database;
    const stopped = exportCalls(orm, planExport({ tenant }, new Date()), new PassThrough(), AbortSignal.timeout(50));
    await expect(stopped).rejects.toMatchObject({ code: 'ABORT_ERR' });
    const gone = new PassThrough();
    const left = exportCalls(orm, planExport({ tenant }, new Date()), gone);
    gone.once('data', () => gone.destroy());
    await expect(left).rejects.toThrow('Premature close');
  });
});
