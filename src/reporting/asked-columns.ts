import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import { summaryColumns, type Measure, type SummaryColumn } from '../rollup/summary-sql.ts';

const measureFields: Record<string, Measure> = {
  callDurationMs: 'duration',
  inputTokens: 'input',
  outputTokens: 'output',
};

/** What the fields of statistics are read from. */
const statsColumns: Record<string, readonly SummaryColumn[]> = {
  totalCalls: ['calls'],
  failedCalls: ['failed_calls'],
  totalCostUsd: ['cost_usd'],
  unpricedCalls: ['unpriced_calls'],
  cachedInputTokens: ['cached_input_tokens'],
  reasoningTokens: ['reasoning_tokens'],
  totalTokens: ['input_total', 'output_total'],
};

/** What the fields of a distribution are read from. */
function distributionColumns(measure: Measure, field: string): SummaryColumn[] {
  if (field === 'total') return [`${measure}_total`];
  if (field === 'avg') return [`${measure}_total`, measure === 'duration' ? 'duration_count' : 'calls'];
  if (field === 'min' || field === 'max') return [`${measure}_${field}`];
  return /^p\d+$/.test(field) ? [`${measure}_min`, `${measure}_max`, `${measure}_sketch`] : [];
}

/**
 * The columns of summaries that may be read anywhere below a field: aggregating what nobody wants is most of the work of
 * a report. Types of fragments and directives are not looked at, so that there may be more than are read in the end,
 * never fewer.
 */
export function askedColumns(info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): SummaryColumn[] {
  const asked = new Set<SummaryColumn>();
  const seen = new Set<string>();
  const look = (selections: SelectionSetNode | undefined, parent: string) => {
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === 'Field') {
        const name = selection.name.value;
        const measure = measureFields[parent];
        for (const column of (measure ? distributionColumns(measure, name) : statsColumns[name]) ?? [])
          asked.add(column);
        look(selection.selectionSet, name);
      } else if (selection.kind === 'InlineFragment') look(selection.selectionSet, parent);
      else if (!seen.has(`${parent} ${selection.name.value}`)) {
        seen.add(`${parent} ${selection.name.value}`);
        look(info.fragments[selection.name.value]?.selectionSet, parent);
      }
    }
  };
  for (const node of info.fieldNodes) look(node.selectionSet, node.name.value);
  return summaryColumns.filter((column) => asked.has(column));
}
