import { builder } from '../graphql/builder.ts';
import { ValidationError, type GatewayError } from '../values/errors.ts';
import { fieldNamed, sentFields } from './field-groups.ts';
import type { CallInput } from './validate-call.ts';
import type { UnreadCall } from './read-call.ts';
import { maxBatchSize, previewCall, recordCalls, type Outcome } from './recording.service.ts';
import { typeOf, UsageEventRef } from './usage-event.type.ts';

/** Calls in variables come unread, those in the document itself as GraphQL reads them. */
const RecordUsageInput = builder.inputRef<CallInput | UnreadCall, false>('RecordUsageInput');
type InputFields = ReturnType<Parameters<typeof RecordUsageInput.implement>[0]['fields']>;

const ProviderUsageInput = builder.inputType('ProviderUsageInput', {
  description: 'What a provider said of a call, as it came.',
  fields: (t) => ({
    body: t.field({
      type: 'JSONObject',
      required: true,
      description: "The provider's answer, the last event of its stream, or its usage object.",
    }),
    api: t.string({
      description:
        'Which of the provider\'s interfaces was called, such as "chat" or "responses"; guessed from the body when left out.',
    }),
  }),
});

RecordUsageInput.implement({
  description:
    'One LLM or agent call. Strings are 1 to 200 characters long, without control characters; a call has at most 1,000,000,000 tokens.',
  fields: (t) => {
    const fields = sentFields.map((field) => [field, t.field({ ...fieldNamed[field].input, type: typeOf(field) })]);
    // The compiler cannot tell that a loop over all fields returns each of them with its own type.
    return {
      ...Object.fromEntries(fields),
      reservationId: t.id({
        description:
          'The reservation that the call settles, with what it came to. One that is not held any more, or is unknown, changes nothing.',
      }),
      replaces: t.boolean({
        defaultValue: false,
        description:
          'Whether this is a later snapshot of the call with this requestId, as of a streamed answer that grew: with more output tokens than the stored one it takes its place in every number, otherwise it is a DUPLICATE.',
      }),
      providerUsage: t.field({
        type: ProviderUsageInput,
        description:
          "The provider's usage instead of token counts and units. The model, the service tier and the response's id, as the `requestId`, are taken from it where they are left out.",
      }),
    } as InputFields;
  },
});

const RecordOutcome = builder.enumType('RecordOutcome', {
  description: 'What became of a call that was sent.',
  values: {
    RECORDED: { description: 'The call was stored.' },
    DUPLICATE: { description: 'The call was already stored, with the same requestId and content.' },
    REPLACED: { description: 'The call took the place of an earlier snapshot, which stays on record.' },
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

/** Why a call was rejected, as a plain object: GraphQL takes a resolver that returns an Error for one that failed. */
function rejection(result: Outcome): Pick<GatewayError, 'code' | 'message' | 'field'> | null {
  if (result.outcome !== 'REJECTED') return null;
  const { code, message, field } = result.error;
  return { code, message, field };
}

export const UsagePreviewRef = builder.objectRef<Outcome>('UsagePreview').implement({
  description: 'What would become of a call if it were recorded.',
  fields: (t) => ({
    outcome: t.field({
      type: RecordOutcome,
      description: 'RECORDED, DUPLICATE or REJECTED.',
      resolve: (result) => result.outcome,
    }),
    event: t.field({
      type: UsageEventRef,
      nullable: true,
      description: 'The call as it would be stored, with its price; null when it would be rejected.',
      resolve: (result) => (result.outcome === 'REJECTED' ? null : result.call),
    }),
    error: t.field({
      type: RecordUsageError,
      nullable: true,
      description: 'Why the call would be rejected; null when it would not.',
      resolve: rejection,
    }),
  }),
});

builder.queryField('previewUsage', (t) =>
  t.field({
    type: UsagePreviewRef,
    description: 'What recording a call would do, its price included. Nothing is stored.',
    args: { input: t.arg({ type: RecordUsageInput, required: true, description: 'The call.' }) },
    // Of whatever tenant the call names, which is checked with the call.
    authScopes: { belongsTo: null },
    resolve: async (_parent, { input }, { em, principal, now }) => {
      const outcome = await previewCall(em, principal, input, now);
      if (outcome.outcome === 'REJECTED' && outcome.error.code === 'FORBIDDEN') throw outcome.error;
      return outcome;
    },
  }),
);

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
      resolve: rejection,
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
    replaced: t.int({ description: 'How many took the place of an earlier snapshot.', resolve: countOf('REPLACED') }),
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
