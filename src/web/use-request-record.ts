import { getOperationAST, type ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { currentRequest } from '../telemetry/request-record.ts';
import { rootFields } from './root-fields.ts';

/** Writes down what a request asked for and which errors it got. Names that the caller chose are left out. */
export function useRequestRecord(): Plugin {
  const note = ({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>) => {
    const record = currentRequest();
    const operation = getOperationAST(document, operationName);
    if (!record || !operation) return;
    record.kind = operation.operation;
    record.fields = [...rootFields(operation.selectionSet, document)].toSorted();
  };
  return {
    onExecute: ({ args }) => note(args),
    onSubscribe: ({ args }) => note(args),
    onResultProcess({ result }) {
      const record = currentRequest();
      if (!record) return;
      for (const one of [result].flat())
        if (!(Symbol.asyncIterator in one))
          for (const { extensions } of one.errors ?? []) record.codes.push(String(extensions?.['code']));
    },
  };
}
