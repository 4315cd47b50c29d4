interface Entry<T> {
  cost: number;
  item: T;
}

interface Lane<T> {
  readonly name: string;
  entries: Entry<T>[];
  /** Cost of its entries. */
  cost: number;
  /** What it may take of the next group, saved from turns in which its first entry was too large. */
  credit: number;
}

export interface TurnLimits {
  /** Most that a group costs, unless a single entry costs more. */
  groupCost: number;
  /** What a lane may add to a group in one turn while other lanes wait. */
  turnCost: number;
}

/**
 * What waits, in lanes that are served in turn by what they cost (deficit round robin): a lane that adds a lot waits for
 * itself, and the others hardly notice. Entries of one lane keep their order.
 */
export class Turns<T> {
  readonly #limits: TurnLimits;
  /** Lanes with entries; the first one is served next. */
  readonly #lanes = new Map<string, Lane<T>>();
  #cost = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Cost of all that waits. */
  get cost(): number {
    return this.#cost;
  }

  get lanes(): number {
    return this.#lanes.size;
  }

  /** Whether anything waits in a lane of which `isAskedFor` says so. */
  has(isAskedFor: (lane: string) => boolean): boolean {
    return this.#lanes.keys().some(isAskedFor);
  }

  costOf(lane: string): number {
    return this.#lanes.get(lane)?.cost ?? 0;
  }

  add(lane: string, cost: number, item: T): void {
    const found = this.#lanes.get(lane);
    const to = found ?? { name: lane, entries: [], cost: 0, credit: 0 };
    if (!found) this.#lanes.set(lane, to);
    to.entries.push({ cost, item });
    to.cost += cost;
    this.#cost += cost;
  }

  /**
   * The next group: one turn of each lane, or several while nothing was taken. A lane that waits alone has as many turns
   * as the group has room for. Empty only when nothing waits in the lanes asked for.
   */
  take(isAskedFor: (lane: string) => boolean = () => true): T[] {
    const group: T[] = [];
    let room = this.#limits.groupCost;
    const alone = this.#lanes.size === 1;
    let lanes: Lane<T>[] = [];
    const goesOn = () => lanes.length > 0 && (alone || group.length === 0);
    do {
      lanes = [...this.#lanes.values()].filter(({ name }) => isAskedFor(name));
      for (const lane of lanes) {
        lane.credit += this.#limits.turnCost;
        const { full, cost } = this.#turn(lane, room, group);
        room -= cost;
        if (full) {
          // It keeps the place, and has this turn in the next group.
          lane.credit -= this.#limits.turnCost;
          return group;
        }
        this.#lanes.delete(lane.name);
        if (lane.entries.length > 0) this.#lanes.set(lane.name, lane);
      }
    } while (goesOn());
    return group;
  }

  /** Takes out what `isOver` says of; it is in the order of lanes. */
  drop(isOver: (item: T) => boolean): T[] {
    const dropped: T[] = [];
    for (const lane of this.#lanes.values()) {
      const kept = lane.entries.filter(({ item }) => !isOver(item));
      if (kept.length === lane.entries.length) continue;
      dropped.push(...lane.entries.filter(({ item }) => isOver(item)).map(({ item }) => item));
      const cost = kept.reduce((sum, entry) => sum + entry.cost, 0);
      this.#cost -= lane.cost - cost;
      Object.assign(lane, { entries: kept, cost });
      if (kept.length === 0) this.#lanes.delete(lane.name);
    }
    return dropped;
  }

  #turn(lane: Lane<T>, room: number, group: T[]): { full: boolean; cost: number } {
    let cost = 0;
    let taken = 0;
    let full = false;
    for (const entry of lane.entries) {
      if (entry.cost > lane.credit) break;
      full = group.length > 0 && cost + entry.cost > room;
      if (full) break;
      group.push(entry.item);
      lane.credit -= entry.cost;
      cost += entry.cost;
      taken++;
    }
    lane.entries.splice(0, taken);
    lane.cost -= cost;
    this.#cost -= cost;
    return { full, cost };
  }
}
