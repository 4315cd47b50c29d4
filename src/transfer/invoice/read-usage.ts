import { OperatorError } from '../../values/errors.ts';
import { formatOfName } from '../call-file.ts';
import { msOf, numberAt } from '../import/presets/values.ts';
import { presets, type Preset } from '../import/presets/preset.ts';
import { readBytes } from '../import/read-bytes.ts';
import { readRecords } from '../import/read-records.ts';
import type { BilledUsage } from './compare-bill.ts';

const dayMs = 86_400_000;

/** Providers whose usage exports are known. */
export const usageProviders = ['openai', 'anthropic'] as const;

/**
 * Reads what a provider counted, from its usage export as `import` takes it.
 * @throws {OperatorError} naming the first line that cannot be read.
 */
export async function readUsageExport(file: string, provider: (typeof usageProviders)[number]): Promise<BilledUsage[]> {
  const format = formatOfName(file);
  if (!format) throw new OperatorError(`Cannot tell the format from the name ${file}: end it with .csv or .json`);
  const preset: Preset = presets[provider];
  const usage: BilledUsage[] = [];
  for await (const record of readRecords(
    readBytes(file, () => {}),
    format,
    () => {},
  )) {
    if (record.problem !== undefined) throw new OperatorError(`Line ${record.line}: ${record.problem}`);
    for (const row of preset.rows?.(record.fields) ?? [record.fields]) {
      const fields = preset.toFields(row);
      const ms = fields && msOf(fields['occurredAt']);
      const [input, output] = fields ? [numberAt(fields, 'inputTokens'), numberAt(fields, 'outputTokens')] : [];
      if (!fields || ms === undefined || !input || !output)
        throw new OperatorError(`Line ${record.line} is no row of a usage export of ${provider}`);
      const model = fields['model'];
      usage.push({
        dayMs: Math.floor(ms / dayMs) * dayMs,
        model: typeof model === 'string' ? model : undefined,
        tokens: input.plus(output).toNumber(),
      });
    }
  }
  return usage;
}
