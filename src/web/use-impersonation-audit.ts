import { getOperationAST, type ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { insertAuditEvent } from '../audit/audit.repository.ts';
import { toClientError } from '../graphql/client-error.ts';
import type { Logger } from '../settings/log.ts';
import type { Orm } from '../database/orm.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { forkForTenant } from '../database/session.ts';
import { inTransaction } from '../database/transaction.ts';
import { rootFields } from './root-fields.ts';

const maxNameLength = 200;

/** Writes an audit row of every operation under an impersonation before it is executed. Without the row nothing is. */
export function useImpersonationAudit(orm: Orm, log: Logger): Plugin<RequestContext> {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      if (args.contextValue.principal.kind !== 'impersonator') return;
      return writeDown(orm, args.contextValue, args).catch((error: unknown) =>
        setResultAndStopExecution({ errors: [toClientError(error, log)] }),
      );
    },
  };
}

async function writeDown(
  orm: Orm,
  { principal, now }: RequestContext,
  { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
): Promise<void> {
  const operation = getOperationAST(document, operationName);
  // Then nothing is executed.
  if (principal.kind !== 'impersonator' || !operation) return;
  const act = {
    action: 'impersonation.operation',
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
