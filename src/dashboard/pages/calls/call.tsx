import type { ComponentChildren } from 'preact';
import { ask } from '../../api/ask.ts';
import { useQuery } from '../../api/use-query.ts';
import { CallDocument, VoidCallDocument, type CallQuery, type CostSource } from '../../gql/graphql.ts';
import { formatExactUsd, formatMs, formatWhole, Or } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { addressOf } from '../../routing.ts';
import type { PageProps } from '../page.ts';

type Call = CallQuery['call'];

const sources: Record<CostSource, string> = {
  CALLER: 'sent with the call',
  CATALOGUE: 'from the public price catalogue',
  PLATFORM_PRICE: 'from a price for all tenants',
  TENANT_PRICE: "from the tenant's own price",
  UNPRICED: 'there was no price',
};

/** One call in full, with its price or why it has none. */
export function CallPage({ caller, tenant, params, requestId }: PageProps & { requestId: string }) {
  const query = useQuery(CallDocument, { tenantId: tenant.id, requestId });
  const list = Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));
  const voidCall = async ({ reason = '' }: Record<string, string>) => {
    await ask(VoidCallDocument, { tenantId: tenant.id, requestId, reason });
    query.reload();
  };
  return (
    <>
      <p>
        <a href={addressOf('calls', { ...list, call: undefined })}>All calls</a>
      </p>
      <Loaded of={query}>
        {({ call }) => (
          <>
            <h2>Call {call.requestId}</h2>
            {call.voidedAt && (
              <p class="notice">
                Voided by {call.voidedBy}: {call.voidReason}
              </p>
            )}
            <Facts title="Cost" facts={costFacts(call)} />
            <Facts title="The call" facts={callFacts(call, tenant.timezone)} />
            <Facts title="Quantities" facts={quantityFacts(call)} />
            {call.metadata && (
              <>
                <h3>Metadata</h3>
                <pre tabIndex={0} aria-label="Metadata">
                  {JSON.stringify(call.metadata, undefined, 2)}
                </pre>
              </>
            )}
            {caller.administers && !call.voidedAt && (
              <FormDialog
                button="Void this call"
                title="Void this call"
                action="Void the call"
                isDangerous
                explanation="The call is taken out of every report for good. The ledger keeps it, with your reason."
                fields={[{ name: 'reason', label: 'Reason', isRequired: true }]}
                submit={voidCall}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

type Fact = [name: string, value: ComponentChildren];

const Facts = ({ title, facts }: { title: string; facts: Fact[] }) => (
  <section>
    <h3>{title}</h3>
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>
            <Or none="none">{value}</Or>
          </dd>
        </>
      ))}
    </dl>
  </section>
);

function costFacts({ costUsd, costSource, unpricedReason, priceId, price }: Call): Fact[] {
  const facts: Fact[] = [
    ['Cost', costUsd === null ? 'unpriced' : <data value={costUsd}>{formatExactUsd(costUsd)}</data>],
    ['Source', sources[costSource]],
  ];
  if (unpricedReason) facts.push(['Why it has no price', unpricedReason]);
  if (priceId) facts.push(['Price', priceId]);
  if (price) {
    const rates = [
      ['input', price.inputUsdPerMillion],
      ['cached input', price.cachedInputUsdPerMillion],
      ['cache write', price.cacheWriteUsdPerMillion],
      ['output', price.outputUsdPerMillion],
    ] as const;
    const given = rates.flatMap(([name, rate]) => (rate === null ? [] : `${name} ${formatExactUsd(rate)}`));
    facts.push(
      ['Price of', `${price.provider} / ${price.model}, ${price.serviceTier}`],
      ['Rates per million tokens', given.join(', ')],
    );
  }
  return facts;
}

const callFacts = (call: Call, timeZone: string): Fact[] => [
  ['Time', <Time key="at" at={call.occurredAt} timeZone={timeZone} />],
  ['Recorded', <Time key="recorded" at={call.recordedAt} timeZone={timeZone} />],
  ['Recorded by', call.recordedBy],
  ['Status', call.status === 'FAILED' ? 'failed' : 'answered'],
  ['Provider', call.provider],
  ['Model', call.model],
  ['Operation', call.operation],
  ['Service tier', call.serviceTier],
  ['Agent', call.agentId],
  ['User', call.userErased ? 'erased' : call.userId],
  ['Conversation', call.threadId],
  ['Channel', call.channelId],
  ['Bot', call.botId],
  ['Knowledge base', call.knowledgeBaseId],
  ...Object.entries(call.tags).map(([name, value]): Fact => [`Tag ${name}`, value]),
];

const quantityFacts = (call: Call): Fact[] => [
  ['Input tokens', formatWhole(call.inputTokens)],
  ['of them cached', formatWhole(call.cachedInputTokens)],
  ['of them written to a cache', formatWhole(call.cacheWriteTokens)],
  ['of those for an hour', formatWhole(call.cacheWrite1hTokens)],
  ['Output tokens', formatWhole(call.outputTokens)],
  ['of them reasoning', formatWhole(call.reasoningTokens)],
  ['All tokens', formatWhole(call.totalTokens)],
  ...Object.entries(call.units).map(([name, value]): Fact => [name, value]),
  ['Duration', call.durationMs === null ? null : formatMs(call.durationMs)],
  ['Time to first token', call.timeToFirstTokenMs === null ? null : formatMs(call.timeToFirstTokenMs)],
];
