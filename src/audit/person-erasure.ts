import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';

/** Whoever is erased from a tenant. */
export interface Person {
  tenantId: TenantId;
  /** As calls name them. */
  userId: string;
  /** Portal users of the tenant who are this person, by id, subject or e-mail address. */
  accounts: readonly { id: string; subject: string; email: string }[];
  /** What texts may call the person: the user's id, and what portal users are known by. */
  names: readonly string[];
  /** Names of the tags that tell of a person. */
  personalTags: readonly string[];
  /** Stands for the person where it must stay known that it was one and the same. */
  pseudonym: string;
}

/** The names of a person as audit rows and calls have actors. */
export const actorsOf = ({ accounts }: Pick<Person, 'accounts'>): string[] => accounts.map(({ id }) => `user:${id}`);

/** A part of a budget's counter that came from calls by tags that they have no more. */
export interface Uncounted {
  budgetId: string;
  /** In ISO notation. */
  periodStart: string;
  value: string;
  /** Exact text. */
  amount: string;
  /** Of a budget that watches for spikes, which counts calls as well. */
  calls: number | undefined;
}

/** What was taken out of the ledger so far. */
export interface Erased {
  /** Calls of the user, earlier versions of them left out. */
  calls: number;
  /** Values of personal tags, by the name of the tag, that no call has any more. */
  tagValues: Map<string, Set<string>>;
  /** What budgets have not taken back yet. */
  uncounted: Uncounted[];
}

/** What a room does when a person is erased, in the transaction of that. */
export interface PersonErasure {
  /** Erases what is there. The tenant's calls are recorded meanwhile, and nothing of it is folded. */
  erase?(em: SqlEntityManager, person: Person, erased: Erased): Promise<void>;
  /**
   * Erases what came meanwhile and what has to agree with the ledger at any time. No call of the tenant is recorded or
   * counted, so that it has to be quick.
   */
  settle?(em: SqlEntityManager, person: Person, erased: Erased): Promise<void>;
}

/** What every room does when a person is erased. */
export interface ErasureOfPeople {
  /** In the order in which they erase, and then settle. */
  readonly rooms: readonly PersonErasure[];
}

declare module '../caller/request-context.ts' {
  interface RequestServices {
    readonly erasureOfPeople: ErasureOfPeople;
  }
}
