import {
  getNamedType,
  isObjectType,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import { type Distribution } from '../../rollup/measures.ts';
import { columnsNamed, partColumn, type DistributionPart } from '../../rollup/summary-columns.ts';

/** What a field of statistics is read from; fields carry it as an extension of this name. */
export type Needs =
  /** Columns of summaries. */
  | { columns: readonly string[] }
  /** Parts of the distribution whose fields lie below. */
  | { distribution: Distribution }
  /** Parts of the distribution that the field above names. */
  | { parts: readonly DistributionPart[] };

const extension = 'needs';

/** Extensions of a field of statistics: what it is read from. */
export const needs = (what: Needs): { extensions: { [extension]: Needs } } => ({ extensions: { [extension]: what } });

interface Looked {
  type: GraphQLNamedType | undefined;
  distribution: Distribution | undefined;
}

/**
 * The columns of summaries that may be read anywhere below a field, as the fields themselves say: aggregating what nobody
 * wants is most of the work of a report. Directives are not looked at, so that there may be more than are read in the
 * end, never fewer.
 */
export function askedColumns(info: Place): string[] {
  const asked = new Set<string>();
  const seen = new Set<string>();
  const look = (selections: SelectionSetNode | undefined, { type, distribution }: Looked) => {
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === 'Field') {
        const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
        if (!field) continue;
        const needed = field.extensions[extension] as Needs | undefined;
        if (needed && 'columns' in needed) for (const column of needed.columns) asked.add(column);
        if (needed && 'parts' in needed && distribution)
          for (const part of needed.parts) asked.add(partColumn(distribution, part));
        look(selection.selectionSet, {
          type: getNamedType(field.type),
          distribution: needed && 'distribution' in needed ? needed.distribution : distribution,
        });
      } else if (selection.kind === 'InlineFragment') {
        const condition = selection.typeCondition;
        look(selection.selectionSet, {
          type: condition ? info.schema.getType(condition.name.value) : type,
          distribution,
        });
      } else {
        const name = selection.name.value;
        const key = `${distribution?.column ?? ''} ${name}`;
        const fragment = info.fragments[name];
        if (seen.has(key) || !fragment) continue;
        seen.add(key);
        look(fragment.selectionSet, { type: info.schema.getType(fragment.typeCondition.name.value), distribution });
      }
    }
  };
  for (const node of info.fieldNodes)
    look(node.selectionSet, { type: getNamedType(info.returnType), distribution: undefined });
  return columnsNamed(asked).map(({ name }) => name);
}

/** Where a field stands in a document: what resolvers know about it, as far as looking below it needs. */
export type Place = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'returnType' | 'schema'>;

/** The places of a field right below another one, as one; undefined where nobody asks for it. */
export function below(info: Place, name: string): Place | undefined {
  const type = getNamedType(info.returnType);
  const field = isObjectType(type) ? type.getFields()[name] : undefined;
  if (!field) throw new Error(`There is no field '${name}' below.`);
  const fieldNodes: FieldNode[] = [];
  const seen = new Set<string>();
  const look = (selections: SelectionSetNode | undefined) => {
    for (const selection of selections?.selections ?? [])
      if (selection.kind === 'Field') {
        if (selection.name.value === name) fieldNodes.push(selection);
      } else if (selection.kind === 'InlineFragment') look(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        look(info.fragments[selection.name.value]?.selectionSet);
      }
  };
  for (const node of info.fieldNodes) look(node.selectionSet);
  return fieldNodes.length === 0 ? undefined : { ...info, fieldNodes, returnType: field.type };
}
