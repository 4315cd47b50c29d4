import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../../src/open-database.ts';
import { createTestDatabase } from '../../support/databases.ts';
import { processTestTimeoutMs } from '../start-database-process.ts';

vi.setConfig({ testTimeout: processTestTimeoutMs });

it('does not keep the process from answering', async () => {
  const { config, drop } = await createTestDatabase('embedded');
  onTestFinished(drop);
  const database = await openDatabase(config);
  onTestFinished(database.close);
  const server = createServer((_, response) => response.end('alive')).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');

  const events: string[] = [];
  const query = database.orm.em
    .execute('select count(*)::int as rows from generate_series(1, 5000) a, generate_series(1, 2000) b')
    .then(([row]) => events.push(`query: ${row?.['rows']}`));
  for (let request = 1; request <= 5; request++) {
    const response = await fetch(`http://127.0.0.1:${address.port}/`);
    events.push(`request: ${await response.text()}`);
  }
  await query;
  expect(events).toEqual([...Array<string>(5).fill('request: alive'), 'query: 10000000']);
});
