import { usePages } from '../../api/use-pages.ts';
import { AuditEventsDocument, type AuditEventsQuery } from '../../gql/graphql.ts';
import { Or } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { PagedTable } from '../../parts/table.tsx';
import type { Page, PageProps } from '../page.ts';

export const audit: Page = {
  name: 'audit',
  title: 'Audit',
  isOffered: ({ readsAdministration }) => readsAdministration,
  Content: Audit,
};

type Event = AuditEventsQuery['auditEvents']['edges'][number]['node'];

function Audit({ tenant }: PageProps) {
  const events = usePages(AuditEventsDocument, { tenantId: tenant.id }, (data) => data.auditEvents);
  return (
    <>
      <p class="quiet">Every act of administration, newest first. Times in {tenant.timezone}.</p>
      <PagedTable
        of={events}
        caption="Audit events"
        empty="Nothing has been changed yet."
        keyOf={({ id }) => id}
        columns={[
          { name: 'Time', cell: ({ at }: Event) => <Time at={at} timeZone={tenant.timezone} /> },
          { name: 'Actor', cell: ({ actor }: Event) => actor },
          { name: 'For', cell: ({ subject }: Event) => <Or none="itself">{subject}</Or> },
          { name: 'Act', cell: ({ action }: Event) => action },
          { name: 'Target', cell: ({ target }: Event) => <Or none="none">{target}</Or> },
          {
            name: 'Details',
            cell: ({ details }: Event) => (
              <Or none="none">{details && <code class="details">{JSON.stringify(details)}</code>}</Or>
            ),
          },
        ]}
      />
    </>
  );
}
