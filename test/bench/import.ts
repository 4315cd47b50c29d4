import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openDatabase } from '../../src/open-database.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { importFile, statementsOnServer } from '../../src/transfer/import/import-file.ts';
import { insertCalls } from '../../src/recording/call.repository.ts';
import { maxBatchSize } from '../../src/recording/recording.service.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { validateCall, type CallInput } from '../../src/recording/validate-call.ts';

/** As a gateway takes them. */
const callsAFold = 20_000;

const begin = Date.UTC(2026, 0, 1);

const call = (line: number) => ({
  occurredAt: new Date(begin + line * 31),
  agentId: `agent-${line % 40}`,
  provider: 'azure',
  model: `model-${line % 7}`,
  inputTokens: 100 + (line % 4000),
  outputTokens: 10 + (line % 900),
});

function* csv(lines: number) {
  yield 'occurredAt,agentId,provider,model,inputTokens,outputTokens\n';
  for (let line = 0; line < lines; line++)
    yield `${Object.values(call(line)).map((value) => (value instanceof Date ? value.toISOString() : value))}\n`;
}

/**
 * Imports a file of that many lines and, for scale, stores as many calls in the same batches without reading a file.
 * Memory is the process's resident set, sampled every second: its peak in the first and in the last quarter.
 */
export async function benchImport(folder: string, lines: number, databaseUrl: string | undefined) {
  const file = join(folder, 'calls.csv');
  await pipeline(Readable.from(csv(lines)), createWriteStream(file));
  const database = await openDatabase({ databaseUrl, dataDir: join(folder, 'data'), databasePoolMax: 4 });
  const { orm } = database;

  const resident: number[] = [];
  const sampler = setInterval(() => resident.push(process.memoryUsage.rss() / 2 ** 20), 1000);
  const cpuBegan = process.cpuUsage();
  const importBegan = performance.now();
  const result = await importFile(orm, { file, tenant: 'bench' }, { statements: databaseUrl ? statementsOnServer : 1 });
  const importSeconds = (performance.now() - importBegan) / 1000;
  const cpu = process.cpuUsage(cpuBegan);
  clearInterval(sampler);
  if (result.recorded !== lines) throw new Error(`${result.recorded} of ${lines} lines were recorded`);

  // What follows the import, in a gateway that runs meanwhile or afterwards.
  const foldBegan = performance.now();
  for (let more = true; more;) ({ more } = await fold(orm.em.fork(), callsAFold));
  const foldSeconds = (performance.now() - foldBegan) / 1000;

  // As many rows into a table that is as full, up to a tenth of the file.
  const batches = Math.max(1, Math.floor(lines / maxBatchSize / 10));
  const storeBegan = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    const inputs: CallInput[] = Array.from({ length: maxBatchSize }, (_, index) => call(batch * maxBatchSize + index));
    await insertCalls(
      orm.em.fork(),
      inputs.map((input) => validateCall(input, { tenantId: tenantId('plain'), recordedBy: 'bench', now: new Date() })),
    );
  }
  const storeSeconds = (performance.now() - storeBegan) / 1000;
  await database.close();

  const quarter = Math.max(1, Math.floor(resident.length / 4));
  const importRate = lines / importSeconds;
  const storeRate = (batches * maxBatchSize) / storeSeconds;
  return [
    { what: 'storing without a file', rate: Math.round(storeRate), ratio: 1 },
    {
      what: `importing ${lines} lines`,
      rate: Math.round(importRate),
      ratio: Number((importRate / storeRate).toFixed(2)),
      // Of this process, which does not hang on what else the machine does.
      cpuMicrosecondsACall: Number(((cpu.user + cpu.system) / lines).toFixed(1)),
      firstQuarterMiB: Math.round(Math.max(...resident.slice(0, quarter))),
      lastQuarterMiB: Math.round(Math.max(...resident.slice(-quarter))),
    },
    { what: 'folding them', rate: Math.round(lines / foldSeconds) },
  ];
}
