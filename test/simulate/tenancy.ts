import { SimulationFailure } from './journal.ts';

type Existence = 'absent' | 'present';

interface KnownTenant {
  possible: ReadonlySet<Existence>;
  /** Whether something that was not answered may still change it. */
  haunted: boolean;
  changing: number;
  /** Whether several things happen to it at once, until all are over. */
  crowded: boolean;
  version: number;
}

const either: ReadonlySet<Existence> = new Set(['absent', 'present']);
const only = { absent: new Set(['absent']), present: new Set(['present']) } as const satisfies Record<
  Existence,
  ReadonlySet<Existence>
>;

/** Which tenants there are, as far as answers tell. */
export class Tenancy {
  readonly #tenants = new Map<string, KnownTenant>();

  constructor(permanent: readonly string[]) {
    for (const id of permanent)
      this.#tenants.set(id, { possible: only.present, haunted: false, changing: 0, crowded: false, version: 0 });
  }

  /** Something begins that may make or delete a tenant. */
  begin(id: string): void {
    const tenant = this.#tenant(id);
    tenant.changing++;
    tenant.crowded ||= tenant.changing > 1;
    tenant.version++;
  }

  /**
   * An answer tells that a tenant existed or not before, and after; undefined where it does not tell.
   * @throws {SimulationFailure} when that cannot be.
   */
  learn(id: string, what: string, before: Existence | undefined, after: Existence): void {
    const tenant = this.#tenant(id);
    if (before && !tenant.possible.has(before) && !tenant.haunted)
      throw new SimulationFailure(`${what}: the answer tells that ${id} was ${before}, but it was not`, [id]);
    tenant.possible = tenant.haunted ? either : only[after];
  }

  end(id: string, isAnswered: boolean): void {
    const tenant = this.#tenant(id);
    tenant.changing--;
    tenant.version++;
    tenant.crowded &&= tenant.changing > 0;
    if (!isAnswered) this.haunt(id);
  }

  /** Something may still happen to it. */
  haunt(id: string): void {
    const tenant = this.#tenant(id);
    tenant.haunted = true;
    tenant.possible = either;
  }

  /** Whether no more than one thing happens to it now, and none besides has since that began. */
  isAlone = (id: string): boolean => !this.#tenant(id).crowded;

  isCertain(id: string, existence: Existence): boolean {
    const { possible } = this.#tenant(id);
    return possible.size === 1 && possible.has(existence);
  }

  /** Nothing is under way any more, and this is how it is. @throws {SimulationFailure} when it cannot be. */
  settle(id: string, existence: Existence): void {
    const tenant = this.#tenant(id);
    if (!tenant.possible.has(existence)) throw new SimulationFailure(`${id} is ${existence}, but must not be`, [id]);
    tenant.possible = only[existence];
    tenant.haunted = false;
  }

  mayExist = (id: string): boolean => this.#tenants.get(id)?.version !== undefined;

  all = (): string[] => [...this.#tenants.keys()];

  /** Tenants that are there for certain, each with a number that changes whenever that might. */
  certainlyPresent = (): ReadonlyMap<string, number> =>
    new Map(
      [...this.#tenants]
        .filter(([id, { changing }]) => changing === 0 && this.isCertain(id, 'present'))
        .map(([id, { version }]) => [id, version]),
    );

  #tenant(id: string): KnownTenant {
    const tenant = this.#tenants.get(id) ?? {
      possible: only.absent,
      haunted: false,
      changing: 0,
      crowded: false,
      version: 0,
    };
    this.#tenants.set(id, tenant);
    return tenant;
  }
}
