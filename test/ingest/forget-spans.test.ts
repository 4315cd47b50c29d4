import { expect, it, onTestFinished } from 'vitest';
import { forgetSpansTask } from '../../src/ingest/traces/forget-spans.task.ts';
import { startTestGateway } from '../support/gateway.ts';
import { otlpCases } from './otlp-cases.ts';
import { requestOf } from './otlp-request.ts';
import { sendTo } from './send-to.ts';

const dayMs = 24 * 60 * 60 * 1000;

it('forgets spans after a week, but for those around calls', async () => {
  const gateway = await startTestGateway('embedded');
  onTestFinished(() => gateway.close());
  const { orm } = gateway.database;
  const spans = otlpCases[0]?.spans ?? [];
  await sendTo(gateway, '/v1/traces', JSON.stringify(requestOf(spans, 'a'.repeat(32))));
  const kept = async (daysLater: number) => {
    const clock = () => new Date(Date.now() + daysLater * dayMs);
    await forgetSpansTask(orm, clock).step(new AbortController().signal);
    const rows = await orm.em.fork().execute<{ span_id: string }[]>('select span_id from span_link order by span_id');
    return rows.map(({ span_id: id }) => id.replace(/^0+/, ''));
  };
  expect(await kept(6)).toEqual(['1', '10', '11', '12']);
  expect(await kept(8)).toEqual(['1']);
});
