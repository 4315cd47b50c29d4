import { systemClock, type Clock } from '../../values/clock.ts';
import { GatewayError, ValidationError } from '../../values/errors.ts';
import type { Orm } from '../../database/orm.ts';
import { operator } from '../../caller/principal.ts';
import { maxBatchSize, recordCalls } from '../../recording/recording.service.ts';
import { createStore, type Store } from '../../recording/store-calls.ts';
import type { CallInput } from '../../recording/validate-call.ts';
import { checkHeader } from './field-map.ts';
import { planImport, type ImportOptions, type ImportPlan } from './plan.ts';
import type { ImportCounts, Progress } from './progress.ts';
import { readBytes } from './read-bytes.ts';
import { readLines } from './read-lines.ts';
import { readRecords, type FileRecord } from './read-records.ts';
import { RejectsFile, type Reject } from './rejects-file.ts';
import { RejectionReasons } from './rejection-reasons.ts';
import { recordId, toCall } from './to-call.ts';

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
  { progress, signal, clock = systemClock }: ImportSurroundings = {},
): Promise<ImportResult> {
  const plan = planImport(options);
  const rejects = await RejectsFile.beside(plan.file, plan.rejects);
  const reasons = new RejectionReasons();
  const counts: ImportCounts = { recorded: 0, replaced: 0, duplicates: 0, rejected: 0 };
  let bytesRead = 0;
  let interrupted = false;

  const storeCalls = createStore(orm, clock);
  const store = async (batch: readonly Draft[]) => {
    const rejected = await record(storeCalls, batch, clock(), counts);
    for (const { error } of rejected) reasons.add(error.message);
    await rejects.write(rejected);
    progress?.update(bytesRead, counts);
  };

  const bytes = readBytes(plan.file, (count) => (bytesRead += count));
  const records = readRecords(readLines(bytes), plan.format, (header) => checkHeader(plan.reading.fields, header));
  let storing: Promise<void> = Promise.resolve();
  try {
    for await (const batch of inBatches(records, plan)) {
      await storing;
      interrupted = signal?.aborted ?? false;
      if (interrupted) break;
      storing = store(batch);
      // A failure is handled where it is awaited; until then it must not count as unhandled.
      storing.catch(() => undefined);
    }
    await storing;
  } finally {
    await Promise.allSettled([storing]);
    await rejects.close();
  }
  const rejectsFile = rejects.written ? rejects.path : undefined;
  return { ...counts, rejectsFile, rejectionReasons: reasons.summary(), interrupted };
}

/** A record that was read: the call that it describes, or why it is not a call. */
type Draft = { record: FileRecord } & ({ input: CallInput } | { error: GatewayError });

async function* inBatches(records: AsyncIterable<FileRecord>, plan: ImportPlan): AsyncGenerator<Draft[]> {
  let batch: Draft[] = [];
  for await (const record of records) {
    batch.push(toDraft(record, plan));
    if (batch.length < maxBatchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function toDraft(record: FileRecord, plan: ImportPlan): Draft {
  try {
    if (record.problem !== undefined) throw new ValidationError(record.problem);
    const call = toCall(record.fields, plan.reading);
    return {
      record,
      input: {
        ...call,
        tenantId: plan.tenant,
        requestId: call.requestId ?? recordId(plan.source, record),
        replaces: plan.replaces,
      },
    };
  } catch (error) {
    if (error instanceof GatewayError) return { record, error };
    throw error;
  }
}

/** Records a batch, adds its outcomes to the counts, and returns the rejected records in the order of the file. */
async function record(storeCalls: Store, batch: readonly Draft[], now: Date, counts: ImportCounts): Promise<Reject[]> {
  const inputs = batch.flatMap((draft) => ('input' in draft ? [draft.input] : []));
  const outcomes = (inputs.length > 0 ? await recordCalls(storeCalls, operator, inputs, now) : []).values();
  const rejected: Reject[] = [];
  for (const draft of batch) {
    if ('error' in draft) {
      rejected.push(draft);
      continue;
    }
    const { value: outcome } = outcomes.next();
    if (!outcome) throw new Error('Every call has one outcome.');
    if (outcome.outcome === 'REJECTED') rejected.push({ record: draft.record, error: outcome.error });
    else if (outcome.outcome === 'RECORDED') counts.recorded++;
    else if (outcome.outcome === 'REPLACED') counts.replaced++;
    else counts.duplicates++;
  }
  counts.rejected += rejected.length;
  return rejected;
}
