import type { Node, SelectStmt } from 'libpg-query';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Every object of a tree of SQL, whatever it says, in no order. */
export function objectsIn(tree: unknown): object[] {
  const objects: object[] = [];
  const waiting = [tree];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!isObject(next)) continue;
    if (!Array.isArray(next)) objects.push(next);
    for (const value of Object.values(next)) if (isObject(value)) waiting.push(value);
  }
  return objects;
}

/** Names of tables, and of what else stands in their place, at every level. */
export const tablesIn = (tree: unknown): string[] =>
  objectsIn(tree).flatMap((object) =>
    'relname' in object && typeof object.relname === 'string' ? [object.relname] : [],
  );

/** Subqueries in expressions, but not those that these have themselves, nor those that stand as tables. */
export function* subqueriesIn(tree: unknown): Generator<Node> {
  if (!isObject(tree) || 'RangeSubselect' in tree) return;
  if (!('SubLink' in tree) || !isObject(tree.SubLink)) {
    for (const value of Object.values(tree)) yield* subqueriesIn(value);
    return;
  }
  const { testexpr, subselect }: { testexpr?: Node; subselect?: Node } = tree.SubLink;
  if (subselect) yield subselect;
  yield* subqueriesIn(testexpr);
}

/** Texts of a list of names. */
export const namesOf = (nodes: readonly Node[] = []): string[] =>
  nodes.flatMap((node) => ('String' in node ? (node.String.sval ?? '') : []));

const aggregates = new Set(['count', 'sum', 'min', 'max', 'avg', 'array_agg', 'string_agg', 'json_agg', 'bool_or']);

/** Whether rows of a query are made of many each, by a GROUP BY or without. */
export function isAggregated({ op, larg, rarg, groupClause, targetList }: SelectStmt): boolean {
  if (op !== 'SETOP_NONE' && larg && rarg) return isAggregated(larg) && isAggregated(rarg);
  return (
    groupClause !== undefined ||
    objectsIn(targetList).some(
      (object) =>
        'funcname' in object &&
        !('over' in object) &&
        Array.isArray(object.funcname) &&
        namesOf(object.funcname).some((name) => aggregates.has(name)),
    )
  );
}

/** What a value that is known before the statement runs is told apart by; nothing for any other expression. */
export function constantOf(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if ('ParamRef' in node) return `$${node.ParamRef.number}`;
  if ('TypeCast' in node) return constantOf(node.TypeCast.arg);
  if ('A_Const' in node) {
    const { location: _, ...value } = node.A_Const;
    return JSON.stringify(value);
  }
  if ('RowExpr' in node) return allConstant(node.RowExpr.args);
  if ('A_ArrayExpr' in node) return allConstant(node.A_ArrayExpr.elements);
  if ('List' in node) return allConstant(node.List.items);
  return undefined;
}

function allConstant(nodes: readonly Node[] = []): string | undefined {
  const constants = nodes.map(constantOf);
  return constants.includes(undefined) ? undefined : `(${constants.join(', ')})`;
}

/** Two things that are equal; as the second one nothing when one of several constants is. */
export type Equality = readonly [a: string, b: string | undefined];

/**
 * What a condition has be equal whenever it holds.
 * @param termOf what a column is told apart by; nothing for those that are of no interest.
 */
export function equalitiesOf(condition: Node | undefined, termOf: (column: Node) => string | undefined): Equality[] {
  if (!condition) return [];
  if ('BoolExpr' in condition) {
    const parts = (condition.BoolExpr.args ?? []).map((part) => equalitiesOf(part, termOf));
    if (condition.BoolExpr.boolop === 'AND_EXPR') return parts.flat();
    if (condition.BoolExpr.boolop === 'OR_EXPR') return ofEvery(parts);
    return [];
  }
  if (!('A_Expr' in condition)) return [];
  const { kind, name, lexpr, rexpr } = condition.A_Expr;
  if (!lexpr || !rexpr || namesOf(name).join('.') !== '=') return [];
  const [left = [], right] = [columnsOf(lexpr), columnsOf(rexpr)];
  if (kind === 'AEXPR_OP')
    return left.flatMap((column, index): Equality[] => {
      const [a, b] = [column, right[index]].map((node) => node && (termOf(node) ?? constantOf(node)));
      return a !== undefined && b !== undefined ? [[a, b]] : [];
    });
  if (!['AEXPR_IN', 'AEXPR_OP_ANY'].includes(kind ?? '') || constantOf(rexpr) === undefined) return [];
  return left.flatMap((column): Equality[] => {
    const term = termOf(column);
    return term === undefined ? [] : [[term, undefined]];
  });
}

const columnsOf = (node: Node): Node[] => ('RowExpr' in node ? (node.RowExpr.args ?? []) : [node]);

function ofEvery([first = [], ...others]: readonly Equality[][]): Equality[] {
  const key = (equality: Equality) => equality.toSorted().join(' = ');
  const keys = others.map((equalities) => new Set(equalities.map(key)));
  return first.filter((equality) => keys.every((of) => of.has(key(equality))));
}
