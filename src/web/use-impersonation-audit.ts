import { getOperationAST, type ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { insertAuditEvent } from '../audit/audit.repository.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { Orm } from '../database/orm.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { forkForTenant } from '../database/session.ts';
import { inTransaction } from '../database/transaction.ts';
import { LiveStream } from '../live/live-stream.ts';
import { rootFields } from './root-fields.ts';

const maxNameLength = 200;

/**
 * Writes an audit row of every operation under an impersonation before it is executed, and of the end of every stream.
 * Without the row nothing is executed.
 */
export function useImpersonationAudit(orm: Orm, log: Logger): Plugin<RequestContext> {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      if (args.contextValue.principal.kind !== 'impersonator') return;
      return writeDown(orm, args.contextValue, 'impersonation.operation', args).catch((error: unknown) =>
        setResultAndStopExecution({ errors: [toClientError(error, log)] }),
      );
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const { contextValue } = args;
      if (contextValue.principal.kind !== 'impersonator') return;
      try {
        await writeDown(orm, contextValue, 'impersonation.operation', args);
      } catch (error) {
        setResultAndStopExecution({ errors: [toClientError(error, log)] });
      }
      return {
        onSubscribeResult({ result }) {
          if (!(result instanceof LiveStream)) return;
          result.onOver(() => {
            const { principal, services } = contextValue;
            const end = { principal, now: services.live.clock() };
            return writeDown(orm, end, 'impersonation.stream_end', args).catch((error: unknown) =>
              log.error({ err: error }, "the end of an impersonator's stream is not in the audit log"),
            );
          });
        },
      };
    },
  };
}

async function writeDown(
  orm: Orm,
  { principal, now }: Pick<RequestContext, 'principal' | 'now'>,
  action: string,
  { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
): Promise<void> {
  if (principal.kind !== 'impersonator') return;
  const operation = getOperationAST(document, operationName);
  // Then nothing is executed.
  if (!operation) return;
  const act = {
    action,
    tenantId: principal.tenantId,
    target: principal.impersonationId,
    details: {
      kind: operation.operation,
      name: operation.name?.value.slice(0, maxNameLength) ?? null,
      fields: [...rootFields(operation.selectionSet, document)],
    },
  };
  // Not in the session of the request, which is read-only.
  await inTransaction(forkForTenant(orm, principal.tenantId), (em) => insertAuditEvent(em, principal, act, now));
}
