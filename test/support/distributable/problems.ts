import {
  parseSync,
  type Alias,
  type DeleteStmt,
  type InsertStmt,
  type JoinExpr,
  type Node,
  type RangeVar,
  type SelectStmt,
  type UpdateStmt,
  type WithClause,
} from 'libpg-query';
import { Level, type Column, type Output, type Relation } from './level.ts';
import { constantOf, isAggregated, namesOf, objectsIn, subqueriesIn, tablesIn, type Equality } from './sql-tree.ts';

/** Tables whose rows are on the machine of their tenant. */
export const distributedTables: readonly string[] = [
  'usage_call',
  'tenant_summary',
  'detail_summary',
  'agent_summary',
  'model_summary',
  'user_summary',
  'tag_summary',
  'cost_revision',
  'reprice_job',
  'reprice_change',
  'tag_name',
  'tag_value',
  'rollup_mark',
  'kept_span',
  'unfolded',
  'agent',
  'span_link',
  'budget',
  'budget_counter',
  'budget_event',
  'reservation',
  'budget_hold',
  'closed_month',
  'adjustment',
  'statement_line',
  'statement_adjustment',
  'statement_zone',
  'notification_channel',
  'notification_delivery',
];

/** Tables that every machine has as a whole, and that say which tenant a row is of. */
export const referenceTables: readonly string[] = [
  'tenant',
  'api_key',
  'portal_user',
  'invitation',
  'impersonation',
  'model_price',
  'audit_event',
];

const distributedIn = (tree: unknown) => tablesIn(tree).filter((table) => distributedTables.includes(table));

/** Whether a statement reads or writes a distributed table. The parser is to be loaded by then. */
export const isOfDistributedTables = (text: string): boolean => distributedIn(parseSync(text)).length > 0;

/**
 * What keeps a statement from being run where each tenant's rows are, in words; nothing for one that can be. Distributed
 * tables must be joined by tenant_id, with one another or with what the statement was given, at every level.
 */
export function problemsOf(text: string): string[] {
  const tree = parseSync(text);
  const check = new Check();
  for (const { stmt } of tree.stmts ?? []) if (stmt) check.query(stmt, { ctes: new Map(), outer: undefined });
  const { problems, seen } = check;
  const objects = objectsIn(tree);
  if (objects.some((object) => 'GroupingSet' in object)) problems.push('groups by several sets at once');
  if (objects.some((object) => 'recursive' in object && distributedIn(object).length > 0))
    problems.push('is recursive over distributed tables');
  // So that a form of SQL that is not known here is not taken for a good one.
  if (seen !== distributedIn(tree).length) problems.push('has distributed tables where they are not looked for');
  return [...new Set(problems)];
}

/** What a query can name: those before it by name, and the tables around it. */
interface Surroundings {
  ctes: ReadonlyMap<string, Output>;
  outer: Level | undefined;
}

const nothing: Output = { columns: [], isDistributed: false, anchors: [] };

class Check {
  readonly problems: string[] = [];
  /** How many times a distributed table was met. */
  seen = 0;

  query(node: Node, around: Surroundings): Output {
    if ('SelectStmt' in node) return this.#select(node.SelectStmt, around);
    if ('InsertStmt' in node) return this.#insert(node.InsertStmt, around);
    if ('UpdateStmt' in node) return this.#change(node.UpdateStmt, node.UpdateStmt.fromClause, around);
    if ('DeleteStmt' in node) return this.#change(node.DeleteStmt, node.DeleteStmt.usingClause, around);
    return nothing;
  }

  #with(clause: WithClause | undefined, { ctes, outer }: Surroundings): Surroundings {
    const known = new Map(ctes);
    for (const node of clause?.ctes ?? []) {
      if (!('CommonTableExpr' in node)) continue;
      const { ctename = '', ctequery, aliascolnames } = node.CommonTableExpr;
      const output = ctequery ? this.query(ctequery, { ctes: known, outer }) : nothing;
      known.set(ctename, { ...output, columns: renamed(output.columns, aliascolnames) });
    }
    return { ctes: known, outer };
  }

  #select({ withClause, larg, rarg, ...select }: SelectStmt, outside: Surroundings): Output {
    const around = this.#with(withClause, outside);
    if (larg && rarg) return either(this.#select(larg, around), this.#select(rarg, around));
    const level = new Level(around.outer);
    for (const item of select.fromClause ?? []) this.#addTables(item, level, around.ctes);
    level.restrict(select.whereClause);
    this.#subqueries(select, level, around.ctes);
    this.#judge(level);
    if (select.valuesLists) return { ...nothing, columns: valueColumns(select.valuesLists) };
    const columns = level.columnsOf(select.targetList);
    const hasTenant = columns.some(({ kind }) => kind === 'tenant');
    const isDistributed = level.groups().length > 0 && (hasTenant || !isAggregated(select));
    return { columns, isDistributed, anchors: level.anchors() };
  }

  #insert({ withClause, selectStmt, ...insert }: InsertStmt, outside: Surroundings): Output {
    const around = this.#with(withClause, outside);
    const source = selectStmt ? this.query(selectStmt, around) : nothing;
    const level = new Level(around.outer);
    // What is inserted is not read.
    const target = this.#addTable(insert.relation, level, new Map(), { isDistributed: false });
    this.#subqueries(insert, level, around.ctes);
    const columns = level.columnsOf(insert.returningClause?.exprs);
    if (!target || !distributedTables.includes(target.title)) return { ...nothing, columns };
    const names = (insert.cols ?? []).map((column) => ('ResTarget' in column ? column.ResTarget.name : undefined));
    const place = names.indexOf('tenant_id');
    if (place === -1) this.problems.push(`inserts into ${target.title} without tenant_id`);
    else if (source.isDistributed && source.columns[place]?.kind !== 'tenant')
      this.problems.push(`inserts into ${target.title} under another tenant than that of what it reads`);
    const { infer, targetList } = insert.onConflictClause ?? {};
    if (infer && !infer.indexElems?.some((element) => 'IndexElem' in element && element.IndexElem.name === 'tenant_id'))
      this.problems.push(`tells conflicts in ${target.title} without tenant_id`);
    this.#checkAssignments(targetList, target);
    return { columns, isDistributed: true, anchors: [] };
  }

  #change(
    { withClause, ...statement }: UpdateStmt | DeleteStmt,
    from: readonly Node[] | undefined,
    outside: Surroundings,
  ): Output {
    const around = this.#with(withClause, outside);
    const level = new Level(around.outer);
    const target = this.#addTable(statement.relation, level, new Map());
    for (const item of from ?? []) this.#addTables(item, level, around.ctes);
    level.restrict(statement.whereClause);
    this.#subqueries(statement, level, around.ctes);
    this.#judge(level);
    if (target && 'targetList' in statement) this.#checkAssignments(statement.targetList, target);
    const columns = level.columnsOf(statement.returningClause?.exprs);
    return { columns, isDistributed: level.groups().length > 0, anchors: level.anchors() };
  }

  #checkAssignments(targets: readonly Node[] | undefined, { title }: Relation): void {
    const sets = (targets ?? []).some((target) => 'ResTarget' in target && target.ResTarget.name === 'tenant_id');
    if (sets && distributedTables.includes(title)) this.problems.push(`moves rows of ${title} to another tenant`);
  }

  #subqueries(tree: unknown, level: Level, ctes: Surroundings['ctes']): void {
    for (const subquery of subqueriesIn(tree)) this.query(subquery, { ctes, outer: level });
  }

  #judge(level: Level): void {
    const groups = level.groups();
    const titles = groups.map((group) => group.map(({ title }) => title).join(' and '));
    const [group = []] = groups;
    // Tables that are joined may be of all tenants at once, but within another query only of the tenant that it is at.
    const [only, ...others] = group;
    const mustBeTied = only && (level.outer || (others.length === 0 && only.isTable));
    if (groups.length > 1) this.problems.push(`does not join by tenant_id: ${titles.join(', ')}`);
    else if (mustBeTied && !level.isTied(group)) this.problems.push(`reads ${titles.join()} of all tenants`);
  }

  /** Adds what stands in a FROM to its level, and returns it. */
  #addTables(item: Node, level: Level, ctes: Surroundings['ctes']): Relation[] {
    if ('JoinExpr' in item) return this.#addJoin(item.JoinExpr, level, ctes);
    if ('RangeVar' in item) return [this.#addTable(item.RangeVar, level, ctes) ?? []].flat();
    if ('RangeFunction' in item) {
      const { alias, coldeflist } = item.RangeFunction;
      const named = coldeflist?.map((column) => ('ColumnDef' in column ? (column.ColumnDef.colname ?? '') : ''));
      const columns = (named ?? namesOf(alias?.colnames)).map((name): Column => ({ name, kind: 'given' }));
      const name = alias?.aliasname ?? '';
      return [level.add({ name, title: name, columns, isDistributed: false, isTable: false })];
    }
    if (!('RangeSubselect' in item) || !item.RangeSubselect.subquery) return [];
    const { lateral, subquery, alias } = item.RangeSubselect;
    const output = this.query(subquery, { ctes, outer: lateral ? level : level.outer });
    return [addOutput(output, alias?.aliasname ?? '', alias, level)];
  }

  #addTable(
    table: RangeVar | undefined,
    level: Level,
    ctes: Surroundings['ctes'],
    { isDistributed = true } = {},
  ): Relation | undefined {
    if (!table?.relname) return undefined;
    const { relname, alias } = table;
    const name = alias?.aliasname ?? relname;
    const cte = ctes.get(relname);
    if (cte) return addOutput(cte, name, alias, level);
    const isOne = distributedTables.includes(relname);
    if (isOne) this.seen++;
    const columns: Column[] = isOne || referenceTables.includes(relname) ? [{ name: 'tenant_id', kind: 'tenant' }] : [];
    return level.add({ name, title: relname, columns, isDistributed: isOne && isDistributed, isTable: true });
  }

  #addJoin({ jointype, larg, rarg, quals, usingClause }: JoinExpr, level: Level, ctes: Surroundings['ctes']) {
    const left = larg ? this.#addTables(larg, level, ctes) : [];
    const right = rarg ? this.#addTables(rarg, level, ctes) : [];
    const says = (side: readonly Relation[]) => (equality: Equality) => side.some(({ id }) => equality.includes(id));
    // Rows of the other side are kept whatever the condition says of them.
    level.restrict(quals, (equality) => {
      const [ofLeft, ofRight] = [says(left)(equality), says(right)(equality)];
      if (jointype === 'JOIN_LEFT') return ofRight;
      if (jointype === 'JOIN_RIGHT') return ofLeft;
      return jointype === 'JOIN_INNER' || (ofLeft && ofRight);
    });
    for (const name of namesOf(usingClause)) level.using(name, left, right);
    return [...left, ...right];
  }
}

const addOutput = ({ columns, ...output }: Output, name: string, alias: Alias | undefined, level: Level): Relation =>
  level.add(
    {
      name,
      title: name,
      columns: renamed(columns, alias?.colnames),
      isDistributed: output.isDistributed,
      isTable: false,
    },
    // Sums without a tenant say nothing of those that they stand beside.
    output.isDistributed ? output.anchors : [],
  );

function renamed(columns: readonly Column[], nodes: readonly Node[] | undefined): Column[] {
  const names = namesOf(nodes);
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

/** What the rows of a UNION are: only what all of them are. */
const either = (one: Output, other: Output): Output => ({
  columns: one.columns.map(({ name, kind }, index) => ({
    name,
    kind: kind === other.columns[index]?.kind ? kind : 'other',
  })),
  isDistributed: one.isDistributed || other.isDistributed,
  anchors: one.anchors.filter((anchor) => other.anchors.includes(anchor)),
});

const valueColumns = ([first]: readonly Node[]): Column[] =>
  (first && 'List' in first ? (first.List.items ?? []) : []).map((item, index) => ({
    name: `column${index + 1}`,
    kind: constantOf(item) === undefined ? 'other' : 'given',
  }));
