import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { pino, type Logger } from 'pino';
import { startGateway, type Gateway } from '../../src/main.ts';
import { loadConfig, type Config } from '../../src/settings/config.ts';
import type { Clock } from '../../src/values/clock.ts';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './databases.ts';

export const superuserKey = 'superuser-key-for-tests-only-0123456789';

export interface GraphQLAnswer<Data> {
  status: number;
  headers: Headers;
  data: Data;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string; field?: string } }[];
}

export interface TestGateway extends Gateway {
  /** Sends a document over HTTP, as the superuser unless another key (or null for none) is given. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    key?: string | null,
  ): Promise<GraphQLAnswer<Data>>;
  /** Like send, but fails the test on any error. */
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables?: Variables,
    key?: string | null,
  ): Promise<Data>;
}

export interface TestGatewayOptions {
  config?: Partial<Config>;
  clock?: Clock;
  /** Where its log goes, which is nowhere otherwise. */
  log?: Logger;
  /** False for tests that fold by themselves, or count statements. */
  folding?: boolean;
  /** Whether notifications are sent; left out, as folding. */
  notifying?: boolean;
  /** Used instead of a new one, and dropped with the gateway like that. */
  database?: TestDatabase;
}

/** A gateway on a database of its own, listening on a free port, to be spoken to over HTTP. */
export async function startTestGateway(kind: DatabaseKind, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { config, drop } = options.database ?? (await createTestDatabase(kind));
  const gateway = await startGateway(
    {
      ...loadConfig({ PORT: '0', SUPERUSER_KEY: superuserKey, NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
      ...config,
      ...options.config,
    },
    {
      log: options.log ?? pino({ level: 'silent' }),
      folding: options.folding ?? true,
      notifying: options.notifying ?? options.folding ?? true,
      ...(options.clock ? { clock: options.clock } : {}),
    },
  );

  const send: TestGateway['send'] = async (document, variables, key = superuserKey) => {
    const query = typeof document === 'string' ? document : print(document);
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    // A subscription that was opened, of which nothing is read.
    if (isStream) await response.body?.cancel();
    const { data = null, errors = [] } = isStream ? {} : await response.json();
    return { status: response.status, headers: response.headers, data, errors };
  };

  return {
    ...gateway,
    send,
    async ask(document, variables, key) {
      const { data, errors } = await send(document, variables, key);
      if (errors.length > 0) throw new Error(`The gateway answered with errors: ${JSON.stringify(errors)}`);
      return data;
    },
    async close() {
      await gateway.close();
      await drop();
    },
  };
}
