import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import { measures, type Measure } from '../rollup/summary-sql.ts';

const fields: Record<Measure, string> = { duration: 'callDurationMs', input: 'inputTokens', output: 'outputTokens' };
const percentileName = /^p\d+$/;

/**
 * The distributions whose percentiles may be asked for anywhere below a field: merging sketches for answers that nobody
 * wants is most of the work of a report. Directives and types of fragments are not looked at, so that there may be more
 * than are answered in the end, never fewer.
 */
export function askedPercentiles(info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): Measure[] {
  const asked = new Set<string>();
  const seen = new Set<string>();
  const look = (selections: SelectionSetNode | undefined, parent: string) => {
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === 'Field') {
        const name = selection.name.value;
        if (percentileName.test(name)) asked.add(parent);
        look(selection.selectionSet, name);
      } else if (selection.kind === 'InlineFragment') look(selection.selectionSet, parent);
      else if (!seen.has(`${parent} ${selection.name.value}`)) {
        seen.add(`${parent} ${selection.name.value}`);
        look(info.fragments[selection.name.value]?.selectionSet, parent);
      }
    }
  };
  for (const node of info.fieldNodes) look(node.selectionSet, node.name.value);
  return measures.filter((measure) => asked.has(fields[measure]));
}
