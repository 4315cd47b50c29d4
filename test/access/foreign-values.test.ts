import * as fc from 'fast-check';
import {
  getNullableType,
  GraphQLID,
  GraphQLString,
  isInputObjectType,
  isListType,
  type GraphQLInputType,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../reporting/property-options.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { accessTable, type Caller } from './access-table.ts';
import { startCallingGateway, type CallingGateway } from './callers.ts';
import { documentOf, rootField } from './document-of.ts';

/** Ten thousand in all; the embedded database takes longer for each. */
const cases = { postgres: 7_500, embedded: 2_500 };
/** Stands in everything of the other tenant that is never sent. */
const mark = 'UNSEEN';
const asking: readonly Caller[] = ['admin', 'user', 'member', 'writer', 'reader', 'impersonator', 'guest'];

type Path = readonly (string | 0)[];

/** Where text that is no scalar of its own can be put into the arguments of a field. */
const slotsOf = (field: string): Path[] => {
  const look = (type: GraphQLInputType, path: Path): Path[] => {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return look(nullable.ofType, [...path, 0]);
    if (isInputObjectType(nullable))
      return Object.values(nullable.getFields()).flatMap((inner) => look(inner.type, [...path, inner.name]));
    return nullable === GraphQLID || nullable === GraphQLString ? [path] : [];
  };
  return rootField(field).args.flatMap((arg) => look(arg.type, [arg.name]));
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The arguments with a value put in its place. */
function withValue(target: unknown, [step, ...rest]: Path, value: string): unknown {
  if (step === undefined) return value;
  if (step === 0) return [withValue(Array.isArray(target) ? target[0] : undefined, rest, value)];
  const record = isRecord(target) ? target : {};
  return { ...record, [step]: withValue(record[step], rest, value) };
}

/** What is like it, and does not exist. */
function twinOf(value: string): string {
  try {
    const key: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    if (Array.isArray(key))
      return Buffer.from(JSON.stringify([...key.slice(0, -1), `${key.at(-1)}!`])).toString('base64url');
  } catch {
    // It is no cursor.
  }
  return `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
}

const withSlots = accessTable
  .map(({ field, args }) => ({ field, args, slots: slotsOf(field) }))
  // A preview tells when it was made, which is never the same twice.
  .filter(({ field, slots }) => slots.length > 0 && field !== 'Query.previewUsage');
const casesOf = (root: 'Query' | 'Mutation') =>
  fc.record({
    caller: fc.constantFrom(...asking),
    rule: fc.constantFrom(...withSlots.filter(({ field }) => field.startsWith(root))),
    puts: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 }),
  });

describeOnEachDatabase("another tenant's ids, cursors and keys", (kind) => {
  let gateway: CallingGateway;
  let foreign: string[];

  beforeAll(async () => {
    gateway = await startCallingGateway(kind, { folding: false });
    foreign = await addForeignRows(gateway);
  });
  afterAll(() => gateway?.close());

  /** Everything that is stored of the other tenant. */
  async function storedRows() {
    const { orm } = gateway.database;
    const tables = await orm.em
      .fork()
      .execute<{ name: string }[]>(
        `select table_name as name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'`,
      );
    const rows: Record<string, unknown[]> = {};
    for (const { name } of tables)
      rows[name] = await orm.em
        .fork()
        .execute(
          `select to_jsonb(t) - 'last_used_at' as row from ${name} t where tenant_id = 'elsewhere' order by t::text`,
        );
    return rows;
  }

  const send = (caller: Caller, field: string, args: unknown) =>
    gateway.send<object | null, object>(
      documentOf(field, isRecord(args) ? args : {}, 3),
      isRecord(args) ? args : {},
      gateway.credentials[caller],
    );

  // Reading comes first: what has been written since may stand in what is read.
  it.each(['Query', 'Mutation'] as const)(
    'lead nowhere in any argument of %s, and tell nothing of what exists',
    async (root) => {
      const before = await storedRows();
      expect(Object.values(before).filter((rows) => rows.length > 0).length).toBeGreaterThan(7);
      const seen = { refused: 0, answered: 0 };
      let no = 0;
      await fc.assert(
        fc.asyncProperty(casesOf(root), async ({ caller, rule, puts }) => {
          const name = `${caller}-${++no}`;
          const text = JSON.stringify(rule.args).replaceAll(/KEY|INVITATION/g, 'none');
          let args: unknown = JSON.parse(text.replaceAll('CALLER', name));
          let twins: unknown = JSON.parse(text.replaceAll('CALLER', `${name}-twin`));
          const sent: string[] = [];
          for (const [slot, which] of puts) {
            const path = rule.slots[slot % rule.slots.length] ?? [];
            const value = foreign[which % foreign.length] ?? '';
            args = withValue(args, path, value);
            twins = withValue(twins, path, twinOf(value));
            sent.push(value);
          }
          const answer = await send(caller, rule.field, args);
          // Writing has to stay in step; of what is read, some are compared.
          const twin = root === 'Mutation' || no % 4 === 0 ? await send(caller, rule.field, twins) : answer;
          // The longest first, as an id stands in the key that has it.
          const longestFirst = sent.toSorted((one, other) => other.length - one.length);
          const plain = (value: unknown) =>
            longestFirst.reduce(
              (all, one) => all.replaceAll(one, 'X').replaceAll(twinOf(one), 'X'),
              JSON.stringify(value ?? null).replaceAll(`${name}-twin`, name),
            );
          expect(plain(answer.errors)).toBe(plain(twin.errors));
          // What a mutation has made has ids of its own, and may hold what was sent before.
          // An impersonator's audit rows are more with every request.
          const isStill = root === 'Query' && !(caller === 'impersonator' && rule.field === 'Query.auditEvents');
          const found = ({ data }: typeof answer) => (isStill ? plain(data) : null);
          expect(found(answer)).toBe(found(twin));
          expect(JSON.stringify(answer.data ?? null)).not.toContain(mark);
          expect(foreign.filter((value) => found(answer)?.includes(value))).toEqual([]);
          seen[answer.errors.length > 0 ? 'refused' : 'answered']++;
        }),
        runs(cases[kind] / 2),
      );
      expect(await storedRows()).toEqual(before);
      expect(seen.refused).toBeGreaterThan(cases[kind] / 20);
      expect(seen.answered).toBeGreaterThan(cases[kind] / 40);
    },
    600_000,
  );

  it('are refused alike whether the tenant exists or not', async () => {
    for (const { field, args } of accessTable)
      for (const caller of asking) {
        if (!('tenantId' in args)) continue;
        const [there, notThere] = [
          await send(caller, field, { ...args, tenantId: 'elsewhere' }),
          await send(caller, field, { ...args, tenantId: 'nowhere' }),
        ];
        expect(there.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
        expect(notThere.errors).toEqual(there.errors);
      }
  });
});

/** Rows of every kind for the tenant "elsewhere"; the values by which they could be asked for. */
async function addForeignRows(gateway: CallingGateway): Promise<string[]> {
  const tenantId = 'elsewhere';
  const ask = async (query: string) => {
    const { data, errors } = await gateway.send<Record<string, unknown>, object>(query, {});
    if (errors.length > 0) throw new Error(`Preparing failed: ${JSON.stringify(errors)}`);
    return data;
  };
  const made = await ask(`mutation {
    updateTenant(id: "${tenantId}", input: { name: "${mark}" }) { id }
    createAgent(tenantId: "${tenantId}", input: { id: "agent-elsewhere", name: "${mark}", budgetLimitUsd: "7" }) { id }
    one: recordUsage(input: { tenantId: "${tenantId}", requestId: "call-elsewhere", agentId: "agent-elsewhere",
      userId: "user-elsewhere", provider: "provider-elsewhere", model: "model-elsewhere", channelId: "channel-elsewhere",
      inputTokens: 1, outputTokens: 1, metadata: { note: "${mark}" } }) { event { requestId agentId userId provider model channelId } }
    two: recordUsage(input: { tenantId: "${tenantId}", requestId: "other-elsewhere", inputTokens: 1, outputTokens: 1 }) { outcome }
    createApiKey(tenantId: "${tenantId}", input: { name: "${mark}", role: TENANT_ADMIN }) { apiKey { id } secret }
    inviteUser(tenantId: "${tenantId}", email: "${mark}@example.com", role: TENANT_ADMIN) { id }
    setModelPrice(tenantId: "${tenantId}", input: { provider: "priced-elsewhere", model: "${mark}",
      inputUsdPerMillion: "1", outputUsdPerMillion: "1" }) { id }
    startImpersonation(tenantId: "${tenantId}", reason: "${mark}") { id token }
  }`);
  const asked = await ask(`{
    calls(tenantId: "${tenantId}") { edges { cursor } }
    tenant(id: "${tenantId}") { agents { edges { cursor } } }
    auditEvents(tenantId: "${tenantId}") { edges { cursor node { id } } }
    modelPrices(tenantId: "${tenantId}") { edges { cursor } }
    tenants { edges { cursor node { id } } }
  }`);
  const values = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') values.add(value);
    else if (isRecord(value)) for (const inner of Object.values(value)) collect(inner);
  };
  collect(made);
  collect(asked);
  // What both tenants have, or may have, says nothing.
  return [...values].filter((value) => value.length > 8 && !value.startsWith('tenant-of-'));
}
