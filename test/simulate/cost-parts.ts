import { Big } from 'big.js';
import { differences } from '../reporting/differences.ts';

const parts = ['inputUsd', 'cachedInputUsd', 'cacheWriteUsd', 'outputUsd', 'unitsUsd', 'unsplitUsd'];

/**
 * Rows without the parts of their cost, which are not known of calls that the gateway priced, and where those parts do
 * not add up to the cost beside them.
 */
function withoutCostParts(answer: unknown): { rows: unknown; problems: string[] } {
  const problems: string[] = [];
  const leave = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => leave(item, `${path}/${index}`));
    if (typeof value !== 'object' || value === null) return value;
    const { cost, ...rest }: { cost?: Record<string, string>; totalCostUsd?: string } = value;
    if (cost !== undefined) {
      const sum = parts.reduce((total, part) => total.plus(cost[part] ?? Number.NaN), new Big(0));
      if (!sum.eq(rest.totalCostUsd ?? Number.NaN))
        problems.push(`${path}/cost: adds up to ${sum.toFixed()}, not ${rest.totalCostUsd}`);
    }
    return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, leave(item, `${path}/${key}`)]));
  };
  return { rows: leave(answer, ''), problems };
}

/** Where rows are not as they should be; of the parts of a cost, only their sum is looked at. */
export function rowDifferences(actual: unknown, expected: unknown): string[] {
  const { rows, problems } = withoutCostParts(actual);
  return [...problems, ...differences(rows, withoutCostParts(expected).rows)];
}
