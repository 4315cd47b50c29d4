import { GatewayError, ValidationError } from '../../values/errors.ts';
import type { CallInput } from '../../recording/validate-call.ts';
import type { ImportPlan } from './plan.ts';
import type { Preset } from './presets/preset.ts';
import type { FileRecord } from './read-records.ts';
import { isRecordId, recordId, toCall, type CallReading } from './to-call.ts';

/** A record that was read: the call that it describes, why it is not a call, or nothing for one that is to be passed over. */
export type Draft = { record: FileRecord } & ({ input: CallInput | undefined } | { error: GatewayError });

/** Records as they are, or the records within them. */
export async function* rowsOf(
  records: AsyncIterable<FileRecord>,
  preset: Preset | undefined,
): AsyncGenerator<FileRecord> {
  for await (const record of records) {
    if (record.problem !== undefined || !preset?.rows) yield record;
    else for (const fields of preset.rows(record.fields)) yield { ...record, fields };
  }
}

/** Records as drafts, so many at a time. */
export async function* inBatches(
  records: AsyncIterable<FileRecord>,
  drafted: (record: FileRecord) => Draft,
  size: number,
): AsyncGenerator<Draft[]> {
  let batch: Draft[] = [];
  for await (const record of records) {
    batch.push(drafted(record));
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

export function toDraft(record: FileRecord, plan: ImportPlan, reading: CallReading): Draft {
  try {
    if (record.problem !== undefined) throw new ValidationError(record.problem);
    const own = plan.preset ? plan.preset.toFields(record.fields) : record.fields;
    if (!own) return { record, input: undefined };
    const input: CallInput = toCall(record.fields, reading, own);
    // Not a copy: there are millions of them.
    input.tenantId = plan.tenant;
    input.requestId ??= recordId(plan.source, record);
    input.replaces = plan.replaces;
    input.isSum = plan.preset?.sums?.(record.fields);
    return { record, input };
  } catch (error) {
    if (error instanceof GatewayError) return { record, error };
    throw error;
  }
}

/** Keys that the file gives to calls among drafts, which others may have as well; those that are made here are unique. */
export function keysOf(drafts: readonly Draft[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const draft of drafts)
    if ('input' in draft && draft.input?.requestId && !isRecordId(draft.input.requestId))
      keys.add(draft.input.requestId);
  return keys;
}
