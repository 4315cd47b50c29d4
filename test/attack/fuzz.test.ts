import { buildSchema, parse, validate } from 'graphql';
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { printedSchema } from '../../src/print-schema.ts';
import { startNode, type CliProcess } from '../cli/gateway-process.ts';
import { Choices } from '../simulate/choices.ts';
import {
  createEmptyTestDatabase,
  databaseKinds,
  describeOnEachDatabase,
  type TestDatabase,
} from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { randomBody } from './random-bodies.ts';
import { randomDocument } from './random-documents.ts';

/** The same seed sends the same requests; the order in which they arrive differs. */
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
/** On all databases together, besides those that warm up; and a quarter as many bodies. */
const documents = Number(process.env['FUZZ_DOCUMENTS'] ?? 4_000);

/** The embedded database takes longer for each. */
const shareOf = { embedded: 0.2, postgres: databaseKinds.length === 1 ? 1 : 0.8 };
const atOnce = 8;
/** Sent before memory is looked at, which grows until caches are full and code is compiled. */
const warmUps = { documents: 1_500, bodies: 300 };
const mostGrowthMiB = 64;
const timeout = 900_000;

const codes =
  /^(UNAUTHENTICATED|FORBIDDEN|NOT_FOUND|VALIDATION_ERROR|IDEMPOTENCY_CONFLICT|BUDGET_EXCEEDED|QUERY_TOO_COSTLY|TIMEOUT|OVERLOADED)$/;

const schema = buildSchema(printedSchema());

describeOnEachDatabase(`a gateway that is sent anything (FUZZ_SEED=${seed})`, (kind) => {
  let database: TestDatabase;
  let gateway: CliProcess;
  let url = '';
  let measuredAt = '';
  let keys: (string | undefined)[] = [];

  beforeAll(async () => {
    database = await createEmptyTestDatabase(kind);
    const { databaseUrl, dataDir } = database.config;
    gateway = startNode('test/attack/measured-gateway.ts', [], {
      PORT: '0',
      LOG_LEVEL: 'error',
      SUPERUSER_KEY: superuserKey,
      NODE_OPTIONS: '--expose-gc',
      RATE_LIMIT_KEY_CALLS: 'unlimited',
      RATE_LIMIT_KEY_REQUESTS: 'unlimited',
      RATE_LIMIT_TENANT_CALLS: 'unlimited',
      RATE_LIMIT_TENANT_REQUESTS: 'unlimited',
      RATE_LIMIT_ANONYMOUS_REQUESTS: 'unlimited',
      RATE_LIMIT_FAILED_SIGN_INS: 'unlimited',
      ...(databaseUrl === undefined ? { DATA_DIR: dataDir } : { DATABASE_URL: databaseUrl }),
    });
    [, url = '', measuredAt = ''] = await gateway.waitFor(/^ready at (\S+), measured at (\S+)$/m);
    const keyOf = async (tenantId: string | null, input: object) => {
      const query = `mutation ($tenantId: ID, $input: CreateApiKeyInput!) {
        createApiKey(tenantId: $tenantId, input: $input) { secret } }`;
      const { text } = await ask({ query, variables: { tenantId, input: { name: 'Key', ...input } } }, superuserKey);
      return JSON.parse(text).data.createApiKey.secret;
    };
    const call = (tenantId: string) =>
      `recordUsage(input: { tenantId: "${tenantId}", requestId: "one", provider: "openai", model: "gpt-5", inputTokens: 7, outputTokens: 3 }) { outcome }`;
    await ask({ query: `mutation { a: ${call('main')} b: ${call('other')} }`, variables: {} }, superuserKey);
    keys = [
      superuserKey,
      superuserKey,
      await keyOf('main', { role: 'TENANT_ADMIN' }),
      await keyOf('main', { scopes: ['USAGE_READ', 'USAGE_WRITE'] }),
      await keyOf('other', { role: 'TENANT_MEMBER' }),
      await keyOf(null, { role: 'PLATFORM_VIEWER' }),
      undefined,
    ];
  });
  afterAll(async () => {
    gateway.kill('SIGTERM');
    await gateway.ended;
    await database.drop();
  });

  const authorization = (key: string | undefined): Record<string, string> =>
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  const ask = async (sent: object, key: string | undefined) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      body: JSON.stringify(sent),
      headers: { 'content-type': 'application/json', ...authorization(key) },
    });
    return { status: response.status, text: await response.text() };
  };
  /** What is in use once all else is given back; how much of that the allocator keeps says little. */
  const heldMiB = async (): Promise<number> => (await (await fetch(measuredAt)).json()).heldMiB;

  /** What is wrong with an answer, or nothing. */
  function problemOf({ status, text }: { status: number; text: string }): string | undefined {
    if (status === 500) return `HTTP 500: ${text.slice(0, 500)}`;
    if (!text.startsWith('{')) return undefined;
    const { errors = [] } = JSON.parse(text);
    const wrong = errors.find(
      ({ extensions }: { extensions?: { code?: string } }) => !codes.test(extensions?.code ?? ''),
    );
    return wrong && JSON.stringify(wrong);
  }

  /** Sends so many requests, some at a time, and fails with all that are answered as no request may be. */
  async function expectSurvival(
    { warmUp, count }: { warmUp: number; count: number },
    request: (index: number) => { sent: unknown; send: () => Promise<{ status: number; text: string }> },
  ): Promise<void> {
    const problems: string[] = [];
    const sendAll = async (from: number, to: number) => {
      let next = from;
      const client = async () => {
        for (let index = next++; index < to; index = next++) {
          const { sent, send } = request(index);
          // A connection may be closed for being idle in the very moment in which it is used again.
          const answer = send().catch(send);
          const problem = await answer.then(problemOf, (error: unknown) => `No answer: ${String(error)}`);
          if (problem !== undefined) problems.push(`${problem}\n${JSON.stringify(sent).slice(0, 4_000)}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, client));
    };
    await sendAll(0, warmUp);
    const before = await heldMiB().catch(() => NaN);
    await sendAll(warmUp, warmUp + count);
    const { code, stdout, stderr } = gateway.output();
    const told = [...stdout.split('\n').slice(1, 6), stderr.slice(-2_000)].join('\n');
    expect(problems.slice(0, 10), `FUZZ_SEED=${seed}: ${problems.length} problems, exit code ${code}\n${told}`).toEqual(
      [],
    );
    await expect.poll(heldMiB, { timeout: 30_000, interval: 1_000 }).toBeLessThan(before + mostGrowthMiB);
  }

  const documentOf = (name: string) => randomDocument(schema, new Choices(seed, name));
  const keyFor = (name: string) => new Choices(seed, `key of ${name}`).pick(keys);

  it('answers every valid document with data or with an error that has a code', { timeout }, async () => {
    const count = Math.round(documents * shareOf[kind]);
    await expectSurvival({ warmUp: warmUps.documents, count }, (index) => {
      const name = `${kind} document ${index}`;
      const sent = documentOf(name);
      return { sent, send: () => ask(sent, keyFor(name)) };
    });
  });

  it('answers every body as it answers nonsense', { timeout }, async () => {
    const count = Math.round((documents / 4) * shareOf[kind]);
    await expectSurvival({ warmUp: warmUps.bodies, count }, (index) => {
      const name = `${kind} body ${index}`;
      const { method, search, headers, body } = randomBody(new Choices(seed, name), documentOf(name));
      const send = async () => {
        const response = await fetch(`${url}/graphql${search}`, {
          method,
          headers: { ...headers, ...authorization(keyFor(name)) },
          ...(body ? { body } : {}),
        });
        return { status: response.status, text: await response.text() };
      };
      return { sent: { method, search, headers, body: body && Buffer.from(body).toString() }, send };
    });
  });

  it('was sent documents that are valid', () => {
    const invalid = Array.from({ length: 300 }, (_, index) => documentOf(`${kind} document ${index}`))
      .map(({ query }) => ({ query, errors: validate(schema, parse(query)) }))
      .filter(({ errors }) => errors.length > 0);
    expect(invalid).toEqual([]);
  });
});
