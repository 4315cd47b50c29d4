import { ask } from '../../api/ask.ts';
import { usePages } from '../../api/use-pages.ts';
import {
  DeliveriesDocument,
  ResendDeliveryDocument,
  type DeliveriesQuery,
  type DeliveryStatus,
  type NotificationEvent,
} from '../../gql/graphql.ts';
import { Or, Whole } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { PagedTable } from '../../parts/table.tsx';
import type { PageProps } from '../page.ts';

type Delivery = DeliveriesQuery['deliveries']['edges'][number]['node'];

export const eventNames: Record<NotificationEvent, string> = {
  BUDGET_THRESHOLD: 'A budget reaches a threshold',
  SPEND_SPIKE: 'An hour costs far more than is usual',
  BUDGET_RESET: 'A budget begins a new period',
  KEY_EXPIRING: 'A key expires within a week',
  KEY_REVOKED: 'A key is revoked',
  UNPRICED_CALLS: 'Calls come without a price',
  RATE_LIMITED: 'Calls are refused by a rate limit',
};

const statuses: Record<DeliveryStatus, string> = { PENDING: 'waits', DELIVERED: 'delivered', FAILED: 'failed' };

export function Deliveries({ caller, tenant, channel }: PageProps & { channel: { id: string; name: string } }) {
  const tenantId = tenant.id;
  const pages = usePages(DeliveriesDocument, { tenantId, channelId: channel.id }, (data) => data.deliveries);
  const resend = async (id: string) => {
    await ask(ResendDeliveryDocument, { tenantId, id });
    pages.reload();
  };
  return (
    <>
      <h2>Deliveries to {channel.name}</h2>
      <p>
        <button type="button" onClick={pages.reload}>
          Look again
        </button>
      </p>
      <PagedTable
        of={pages}
        caption={`Deliveries to ${channel.name}`}
        empty="It has not been told of anything in the last 30 days."
        keyOf={({ id }) => id}
        columns={[
          { name: 'Time', cell: ({ at }: Delivery) => <Time at={at} timeZone={tenant.timezone} /> },
          { name: 'Event', cell: ({ event }: Delivery) => eventNames[event] },
          { name: 'State', cell: ({ status }: Delivery) => statuses[status] },
          { name: 'Tries', isNumber: true, cell: ({ attempts }: Delivery) => <Whole value={attempts} /> },
          {
            name: 'Next try',
            cell: ({ nextAttemptAt }: Delivery) => (
              <Or none="none">{nextAttemptAt && <Time at={nextAttemptAt} timeZone={tenant.timezone} />}</Or>
            ),
          },
          { name: 'Last problem', cell: ({ lastError }: Delivery) => <Or none="none">{lastError}</Or> },
          ...(caller.administers
            ? [
                {
                  name: 'Changes',
                  cell: ({ id, event }: Delivery) => (
                    <FormDialog
                      button="Send again"
                      title={`Send again: ${eventNames[event]}`}
                      action="Send again"
                      explanation="It keeps its id, by which the receiver can tell that it knows it."
                      fields={[]}
                      submit={() => resend(id)}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  );
}
