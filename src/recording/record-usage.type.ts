import { builder } from '../graphql/builder.ts';
import { ValidationError, type GatewayError } from '../values/errors.ts';
import { fieldNamed, sentFields, type GivenFields } from './field-groups.ts';
import { maxBatchSize, recordCalls, type Outcome } from './recording.service.ts';
import type { CallInput } from './validate-call.ts';
import { typeOf, UsageEventRef } from './usage-event.type.ts';

type SentCall = GivenFields & Pick<CallInput, 'reservationId'>;

const RecordUsageInput = builder.inputRef<SentCall, false>('RecordUsageInput');
type InputFields = ReturnType<Parameters<typeof RecordUsageInput.implement>[0]['fields']>;

RecordUsageInput.implement({
  description:
    'One LLM or agent call. Strings are 1 to 200 characters long, without control characters; a call has at most 1,000,000,000 tokens.',
  fields: (t) => {
    const fields = sentFields.map((field) => [field, t.field({ ...fieldNamed[field].input, type: typeOf(field) })]);
    // The compiler cannot tell that a loop over all fields returns each of them with its own type.
    const reservationId = t.id({
      description:
        'The reservation that the call settles, with what it came to. One that is not held any more, or is unknown, changes nothing.',
    });
    return { ...Object.fromEntries(fields), reservationId } as InputFields;
  },
});

const RecordOutcome = builder.enumType('RecordOutcome', {
  description: 'What became of a call that was sent.',
  values: {
    RECORDED: { description: 'The call was stored.' },
    DUPLICATE: { description: 'The call was already stored, with the same requestId and content.' },
    REJECTED: { description: 'The call was not stored.' },
  } satisfies Record<Outcome['outcome'], { description: string }>,
});

type Stored = Exclude<Outcome, { outcome: 'REJECTED' }>;

const RecordUsagePayload = builder.objectRef<Stored>('RecordUsagePayload').implement({
  description: 'The result of recording one call.',
  fields: (t) => ({
    outcome: t.field({
      type: RecordOutcome,
      description: 'RECORDED or DUPLICATE.',
      resolve: (result) => result.outcome,
    }),
    event: t.field({ type: UsageEventRef, description: 'The call as stored.', resolve: (result) => result.call }),
  }),
});

builder.mutationField('recordUsage', (t) =>
  t.field({
    type: RecordUsagePayload,
    description:
      'Records one call. Once you have the answer, the call is committed and the next report counts it. IDEMPOTENCY_CONFLICT when the requestId belongs to a call with different content.',
    args: { input: t.arg({ type: RecordUsageInput, required: true, description: 'The call.' }) },
    authScopes: { recordUsage: true },
    resolve: async (_parent, { input }, { services, principal, now }) => {
      const [result] = await recordCalls(services.recordingQueue.store, principal, [input], now);
      if (!result) throw new Error('One call has one outcome.');
      if (result.outcome === 'REJECTED') throw result.error;
      return result;
    },
  }),
);

const RecordUsageError = builder
  .objectRef<Pick<GatewayError, 'code' | 'message' | 'field'>>('RecordUsageError')
  .implement({
    description: 'Why a call of a batch was rejected.',
    fields: (t) => ({
      code: t.exposeString('code', {
        description:
          'VALIDATION_ERROR, IDEMPOTENCY_CONFLICT, FORBIDDEN, NOT_FOUND, or OVERLOADED while the tenant is being deleted or its budgets are being changed.',
      }),
      message: t.exposeString('message', { description: 'The reason, for people to read.' }),
      field: t.string({
        nullable: true,
        description: 'Input field that is invalid; null when the error is not about one field.',
        resolve: (error) => error.field,
      }),
    }),
  });

const RecordUsageResult = builder.objectRef<Outcome>('RecordUsageResult').implement({
  description: 'What became of one call of a batch.',
  fields: (t) => ({
    outcome: t.field({
      type: RecordOutcome,
      description: 'RECORDED, DUPLICATE or REJECTED.',
      resolve: (result) => result.outcome,
    }),
    requestId: t.string({
      nullable: true,
      description: 'Idempotency key of the call; null when it was rejected and had none.',
      resolve: (result) => (result.outcome === 'REJECTED' ? result.requestId : result.call.requestId),
    }),
    event: t.field({
      type: UsageEventRef,
      nullable: true,
      description: 'The call as stored; null when it was rejected.',
      resolve: (result) => (result.outcome === 'REJECTED' ? null : result.call),
    }),
    error: t.field({
      type: RecordUsageError,
      nullable: true,
      description: 'Why the call was rejected; null when it was not.',
      resolve: (result) => {
        if (result.outcome !== 'REJECTED') return null;
        // A plain object, since GraphQL takes a resolver that returns an Error for one that failed.
        const { code, message, field } = result.error;
        return { code, message, field };
      },
    }),
  }),
});

const countOf = (outcome: Outcome['outcome']) => (results: Outcome[]) =>
  results.filter((result) => result.outcome === outcome).length;

const RecordUsageBatchPayload = builder.objectRef<Outcome[]>('RecordUsageBatchPayload').implement({
  description: 'What became of the calls of a batch.',
  fields: (t) => ({
    recorded: t.int({ description: 'How many were stored.', resolve: countOf('RECORDED') }),
    duplicates: t.int({ description: 'How many were already stored.', resolve: countOf('DUPLICATE') }),
    rejected: t.int({ description: 'How many were rejected.', resolve: countOf('REJECTED') }),
    results: t.field({
      type: [RecordUsageResult],
      description: 'One result per call, in the order given.',
      resolve: (results) => results,
    }),
  }),
});

builder.mutationField('recordUsageBatch', (t) =>
  t.field({
    type: RecordUsageBatchPayload,
    description: 'Records up to 1,000 calls. Invalid calls are rejected one by one; the rest are stored.',
    args: { inputs: t.arg({ type: [RecordUsageInput], required: true, description: 'The calls.' }) },
    authScopes: { recordUsage: true },
    resolve: async (_parent, { inputs }, { services, principal, now }) => {
      if (inputs.length > maxBatchSize)
        throw new ValidationError(`A batch has at most ${maxBatchSize} calls; this one has ${inputs.length}`, 'inputs');
      return recordCalls(services.recordingQueue.store, principal, inputs, now);
    },
  }),
);
