import {
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { RequestContext } from '../caller/request-context.ts';
import type { ReportLimits } from '../settings/report-limits.ts';
import { GatewayError } from '../values/errors.ts';
import { withBreaths } from './breaths.ts';

/** About how many bytes a value has as JSON, by its type; names of enums and what is not here are like short texts. */
const widths: Readonly<Record<string, number>> = {
  Boolean: 5,
  DateTime: 26,
  Decimal: 16,
  Float: 12,
  Int: 6,
  JSONObject: 400,
  LocalDateTime: 21,
  SafeInt: 8,
};
const otherWidth = 24;

/** Quotes around a name, a colon and a comma; brackets. */
const punctuation = 4;
const brackets = 2;

const known = new WeakMap<FieldNode, number>();

/** About how many bytes a row of a list has, without the rows of lists in it. */
function rowBytes(info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'returnType' | 'schema'>): number {
  return info.fieldNodes.reduce((sum, node) => {
    const bytes = known.get(node) ?? selectionBytes(node.selectionSet, getNamedType(info.returnType), info, new Set());
    known.set(node, bytes);
    return sum + bytes;
  }, brackets);
}

function selectionBytes(
  set: SelectionSetNode | undefined,
  type: GraphQLNamedType,
  info: Pick<GraphQLResolveInfo, 'fragments' | 'schema'>,
  within: ReadonlySet<string>,
): number {
  if (!set) return widths[type.name] ?? otherWidth;
  let bytes = brackets;
  for (const selection of set.selections) {
    if (selection.kind === 'Field') {
      const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
      bytes += (selection.alias ?? selection.name).value.length + punctuation;
      // Of a list, the rows count when they are there.
      if (field && isList(field.type)) bytes += brackets;
      else if (field) bytes += selectionBytes(selection.selectionSet, getNamedType(field.type), info, within);
      else bytes += otherWidth;
    } else if (selection.kind === 'InlineFragment') bytes += selectionBytes(selection.selectionSet, type, info, within);
    else {
      const fragment = info.fragments[selection.name.value];
      if (fragment && !within.has(selection.name.value))
        bytes += selectionBytes(fragment.selectionSet, type, info, new Set([...within, selection.name.value]));
    }
  }
  return bytes;
}

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);

/**
 * Extension of a type whose fields load nothing. Its rows may be made in several turns of the event loop; what the rows of
 * others load would fall apart into several batches.
 */
export const loadsNothing = 'loadsNothing';

/** What is made of an answer in one go: a few milliseconds' worth. */
const bytesAtOnce = 16_384;

/** What the answer to a request will have in bytes, as far as is known. */
const answer = () => ({ bytes: 0 });

/**
 * Has every field that is a list tell how much its rows will add to the answer, once they are known and before anything
 * below them is made: a document of 2 KB can ask for 100 MB. The one place where the size of answers is bounded.
 */
export function boundAnswers(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      if (!isList(field.type) || !resolve) continue;
      const holdsAll = getNamedType(field.type).extensions[loadsNothing] === true;
      field.resolve = async (parent, args, context: RequestContext, info) => {
        const rows: unknown = await resolve(parent, args, context, info);
        if (!Array.isArray(rows)) return rows;
        const total = context.once(answer);
        const each = rowBytes(info);
        total.bytes += rows.length * each;
        const { answerBytes } = context.services.reportLimits;
        if (total.bytes > answerBytes) throw tooLarge(total.bytes, answerBytes);
        const atOnce = holdsAll ? Math.ceil(bytesAtOnce / each) : Infinity;
        return rows.length > atOnce ? withBreaths(rows, atOnce) : rows;
      };
    }
  }
  return schema;
}

const tooLarge = (bytes: number, maxBytes: number) =>
  new GatewayError(
    'QUERY_TOO_COSTLY',
    `The answer would have about ${bytes} bytes; at most ${maxBytes} are allowed. Ask for fewer fields, aliases, buckets or rows.`,
  );

declare module '../caller/request-context.ts' {
  interface RequestServices {
    /** Bounds on what a request may ask for. */
    readonly reportLimits: ReportLimits;
  }
}
