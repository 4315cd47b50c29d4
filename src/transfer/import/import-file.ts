import { systemClock, type Clock } from '../../values/clock.ts';
import type { Orm } from '../../database/orm.ts';
import { operator } from '../../caller/principal.ts';
import { maxBatchSize, recordCalls } from '../../recording/recording.service.ts';
import { createStore, type Store } from '../../recording/store-calls.ts';
import { inBatches, keysOf, rowsOf, toDraft, type Draft } from './drafts.ts';
import { checkHeader, givenBy } from './field-map.ts';
import { InFlight } from './in-flight.ts';
import { planImport, type ImportOptions } from './plan.ts';
import type { ImportCounts, Progress } from './progress.ts';
import { readBytes } from './read-bytes.ts';
import { readRecords, type FileRecord } from './read-records.ts';
import { RejectsFile, type Reject } from './rejects-file.ts';
import { RejectionReasons } from './rejection-reasons.ts';

export interface ImportResult extends ImportCounts {
  /** Path of the file of rejected records; undefined when there are none. */
  rejectsFile: string | undefined;
  /** Why records were rejected, and how often; undefined when none was. */
  rejectionReasons: string | undefined;
  /** Whether the import was stopped before the end of the file. */
  interrupted: boolean;
}

export interface ImportSurroundings {
  progress?: Progress | undefined;
  /** Stops the import after the batch that is being stored. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  /** How many statements may run at the same time. The embedded database runs one. */
  statements?: number | undefined;
}

/**
 * Records the calls of a file, in batches, and returns how many were recorded, were duplicates, and were rejected. To
 * resume an import that was stopped or failed, run it again: it skips the calls that are recorded. Memory does not grow
 * with the size of the file.
 * @throws {ImportError} before anything is recorded, when the options or the CSV header cannot be used; later, when
 * gzip data is damaged.
 * @throws errors of the file system and the database. Batches recorded by then stay.
 */
export async function importFile(
  orm: Orm,
  options: ImportOptions,
  { progress, signal, clock = systemClock, statements = 1 }: ImportSurroundings = {},
): Promise<ImportResult> {
  const plan = planImport(options);
  let { reading } = plan;
  const rejects = await RejectsFile.beside(plan.file, plan.rejects);
  const reasons = new RejectionReasons();
  const counts: ImportCounts = { recorded: 0, replaced: 0, duplicates: 0, rejected: 0, passedOver: 0 };
  let bytesRead = 0;
  let interrupted = false;

  const storeCalls = createStore(orm, clock);
  const handOn = async ({ recorded, replaced, duplicates, passedOver, rejected }: Recorded) => {
    counts.recorded += recorded;
    counts.replaced += replaced;
    counts.duplicates += duplicates;
    counts.passedOver += passedOver;
    counts.rejected += rejected.length;
    for (const { error } of rejected) reasons.add(error.message);
    await rejects.write(rejected);
    progress?.update(bytesRead, counts);
  };

  const bytes = readBytes(plan.file, (count) => (bytesRead += count));
  const { preset } = plan;
  const records = rowsOf(
    readRecords(bytes, plan.format, (header) => {
      checkHeader(reading.fields, header, preset);
      if (!preset) reading = { ...reading, fields: givenBy(reading.fields, header) };
    }),
    preset,
  );
  const drafted = (record: FileRecord) => toDraft(record, plan, reading);
  const storing = new InFlight(statements);
  try {
    for await (const batch of inBatches(records, drafted, statements > 1 ? largeBatch : maxBatchSize)) {
      // So that of several calls with the same key the first of the file is the one that is recorded.
      const keys = keysOf(batch);
      await storing.room(keys);
      interrupted = signal?.aborted ?? false;
      if (interrupted) break;
      storing.start(keys, () => record(storeCalls, batch, clock()), handOn);
    }
    await storing.finish();
  } finally {
    await storing.settle();
    await rejects.close();
  }
  const rejectsFile = rejects.written ? rejects.path : undefined;
  return { ...counts, rejectsFile, rejectionReasons: reasons.summary(), interrupted };
}

/** How many statements an import sends to a server at the same time: one is prepared while others are stored and committed. */
export const statementsOnServer = 3;

/** Calls of a statement on a server, where each commit waits for the disk. */
const largeBatch = 4 * maxBatchSize;

/** What became of the records of a batch; the rejected ones in the order of the file. */
interface Recorded extends Omit<ImportCounts, 'rejected'> {
  rejected: Reject[];
}

async function record(storeCalls: Store, batch: readonly Draft[], now: Date): Promise<Recorded> {
  const inputs = batch.flatMap((draft) => ('input' in draft ? (draft.input ?? []) : []));
  const outcomes = (inputs.length > 0 ? await recordCalls(storeCalls, operator, inputs, now) : []).values();
  const result: Recorded = { recorded: 0, replaced: 0, duplicates: 0, passedOver: 0, rejected: [] };
  for (const draft of batch) {
    if ('error' in draft) result.rejected.push(draft);
    else if (!draft.input) result.passedOver++;
    else {
      const { value: outcome } = outcomes.next();
      if (!outcome) throw new Error('Every call has one outcome.');
      if (outcome.outcome === 'REJECTED') result.rejected.push({ record: draft.record, error: outcome.error });
      else if (outcome.outcome === 'RECORDED') result.recorded++;
      else if (outcome.outcome === 'REPLACED') result.replaced++;
      else result.duplicates++;
    }
  }
  return result;
}
