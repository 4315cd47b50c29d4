import type { Node } from 'libpg-query';
import { constantOf, equalitiesOf, namesOf, type Equality } from './sql-tree.ts';

/** A column that holds the tenant of its row, one that was given from outside with whatever it is named, or another. */
export type Kind = 'tenant' | 'given' | 'other';

export interface Column {
  name: string | undefined;
  kind: Kind;
}

/** What a query gives to the one that it stands in. */
export interface Output {
  columns: Column[];
  /** Whether its rows are those of distributed tables, and neither parameters nor sums without a tenant. */
  isDistributed: boolean;
  /** What stands outside of it and is of the same tenant as its rows. */
  anchors: string[];
}

/** A table, or a query in the place of one. */
export interface Relation {
  name: string;
  /** Told apart by. */
  id: string;
  /** What it is called in a message. */
  title: string;
  columns: readonly Column[];
  isDistributed: boolean;
  /** Whether it is a table of the database. */
  isTable: boolean;
}

const holdsTenant = ({ name, kind }: Column) => kind === 'tenant' || (kind === 'given' && name === 'tenant_id');

let ids = 0;

/** The tables of one SELECT, UPDATE or DELETE, and which of them are known to be of the same tenant. */
export class Level {
  readonly relations: Relation[] = [];
  readonly #outer: Level | undefined;
  /** For what equals something else, something that it equals. */
  readonly #equals: Map<string, string>;

  constructor(outer: Level | undefined) {
    this.#outer = outer;
    // What is equal outside is so inside as well, but not the other way round.
    this.#equals = new Map(outer ? outer.#equals : []);
  }

  get outer(): Level | undefined {
    return this.#outer;
  }

  add(relation: Omit<Relation, 'id'>, anchors: readonly string[] = []): Relation {
    const added = { ...relation, id: `#${ids++}` };
    this.relations.push(added);
    for (const anchor of anchors) this.#tie([added.id, anchor]);
    return added;
  }

  /** Takes what a condition says, or, of an outer join's, what it says of the relations of which a row may be missing. */
  restrict(condition: Node | undefined, says: (equality: Equality) => boolean = () => true): void {
    for (const equality of equalitiesOf(condition, (column) => this.#tenantOf(column)))
      if (says(equality)) this.#tie(equality);
  }

  /** Takes that relations are joined by a column that both have. */
  using(name: string, left: readonly Relation[], right: readonly Relation[]): void {
    const [a, b] = [left, right].map((side) =>
      side.find(({ columns }) => columns.some((column) => column.name === name && holdsTenant(column))),
    );
    if (a && b) this.#tie([a.id, b.id]);
  }

  /** What the query gives for its targets. */
  columnsOf(targets: readonly Node[] = []): Column[] {
    return targets.flatMap((target): Column[] => {
      if (!('ResTarget' in target)) return [];
      const { name, val } = target.ResTarget;
      if (!val || !('ColumnRef' in val)) return [{ name, kind: constantOf(val) === undefined ? 'other' : 'given' }];
      const path = namesOf(val.ColumnRef.fields);
      const isStar = path.length < (val.ColumnRef.fields?.length ?? 0);
      if (!isStar) return [{ name: name ?? path.at(-1), kind: this.#kindOf(this.#find(path)) }];
      return this.relations
        .filter((relation) => path.length === 0 || relation.name === path.at(-1))
        .flatMap((relation) =>
          relation.columns.map((column) => ({ name: column.name, kind: this.#kindOf({ relation, column }) })),
        );
    });
  }

  /** Distributed tables that are joined, in groups that are of one tenant each. */
  groups(): Relation[][] {
    const distributed = this.relations.filter(({ isDistributed }) => isDistributed);
    return [...Map.groupBy(distributed, ({ id }) => this.#root(id)).values()];
  }

  /** Whether the tenant of relations is said to equal anything but that of one another. */
  isTied(group: readonly Relation[]): boolean {
    const own = new Set(group.map(({ id }) => id));
    const roots = new Set(group.map(({ id }) => this.#root(id)));
    return [...roots, ...this.#equals.keys()].some((id) => !own.has(id) && roots.has(this.#root(id)));
  }

  /** Relations outside, and constants, that the distributed ones are of one tenant with. */
  anchors(): string[] {
    const [[first] = []] = this.groups();
    if (!first) return [];
    const root = this.#root(first.id);
    const own = new Set(this.relations.map(({ id }) => id));
    return [...new Set([root, ...this.#equals.keys()])].filter(
      (id) => !id.startsWith('any ') && !own.has(id) && this.#root(id) === root,
    );
  }

  #find(path: readonly string[]): { relation: Relation; column: Column } | undefined {
    const name = path.at(-1);
    const found = this.relations
      .filter((relation) => path.length === 1 || relation.name === path.at(-2))
      .flatMap((relation) =>
        relation.columns.filter((column) => column.name === name).map((column) => ({ relation, column })),
      );
    return found[0] ?? (this.#outer ? this.#outer.#find(path) : undefined);
  }

  #tenantOf(column: Node): string | undefined {
    const found = 'ColumnRef' in column ? this.#find(namesOf(column.ColumnRef.fields)) : undefined;
    return found && holdsTenant(found.column) ? found.relation.id : undefined;
  }

  /** A tenant that is not that of the distributed tables is none of their rows. */
  #kindOf(found: { relation: Relation; column: Column } | undefined): Kind {
    if (!found) return 'other';
    const { relation, column } = found;
    const [[first] = []] = this.groups();
    if (holdsTenant(column)) return !first || this.#root(first.id) === this.#root(relation.id) ? 'tenant' : 'other';
    return first ? 'other' : column.kind;
  }

  #tie([a, b]: Equality): void {
    // One of several constants is none that another one of them would have to equal.
    const [one, other] = [this.#root(a), this.#root(b ?? `any ${ids++}`)];
    if (one !== other) this.#equals.set(one, other);
  }

  #root(id: string): string {
    const next = this.#equals.get(id);
    return next === undefined ? id : this.#root(next);
  }
}
