import { ask } from '../../api/ask.ts';
import { useQuery } from '../../api/use-query.ts';
import {
  CreateNotificationChannelDocument,
  DeleteNotificationChannelDocument,
  NotificationChannelsDocument,
  RotateNotificationSecretDocument,
  TestNotificationChannelDocument,
  type CreateNotificationChannelInput,
  type NotificationChannelsQuery,
  type NotificationEvent,
} from '../../gql/graphql.ts';
import { Time } from '../../format/times.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { Table } from '../../parts/table.tsx';
import { addressOf, changeParams } from '../../routing.ts';
import type { Page, PageProps } from '../page.ts';
import { Deliveries, eventNames } from './deliveries.tsx';

export const notifications: Page = {
  name: 'notifications',
  title: 'Notifications',
  isOffered: ({ readsAdministration }) => readsAdministration,
  Content: Notifications,
};

type Channel = NotificationChannelsQuery['notificationChannels'][number];

const kinds: Record<Channel['kind'], string> = { WEBHOOK: 'Webhook', SLACK: 'Slack' };
const isEvent = (name: string): name is NotificationEvent => Object.hasOwn(eventNames, name);

const shownOnce = (secret: string | null) =>
  secret === null ? undefined : (
    <>
      <p>Messages are signed with this secret. It is shown only this once; keep it now.</p>
      <pre tabIndex={0} aria-label="The secret">
        {secret}
      </pre>
    </>
  );

function Notifications(props: PageProps) {
  const { caller, tenant, params } = props;
  const tenantId = tenant.id;
  const channels = useQuery(NotificationChannelsDocument, { tenantId });
  const create = async ({ name = '', kind, url = '', ...checked }: FormValues) => {
    const events = Object.keys(checked).filter(isEvent);
    const input: CreateNotificationChannelInput = { name, url, events, kind: kind === 'SLACK' ? kind : 'WEBHOOK' };
    const { createNotificationChannel } = await ask(CreateNotificationChannelDocument, { tenantId, input });
    channels.reload();
    return shownOnce(createNotificationChannel.secret);
  };
  const changes = (channel: Channel) => <Changes tenantId={tenantId} channel={channel} reload={channels.reload} />;
  return (
    <>
      <p class="quiet">Where the tenant is told of what happens.</p>
      {caller.administers && (
        <p>
          <FormDialog
            button="Create a channel"
            title="Create a channel"
            action="Create"
            fields={[
              { name: 'name', label: 'Name', isRequired: true },
              { name: 'kind', label: 'Kind', options: kinds },
              {
                name: 'url',
                label: 'Address',
                isRequired: true,
                hint: 'It begins with https:// and is not shown again.',
              },
              ...Object.entries(eventNames).map(([name, label]) => ({ name, label, type: 'checkbox' as const })),
            ]}
            submit={create}
          />
        </p>
      )}
      <Loaded of={channels}>
        {({ notificationChannels }) => {
          const chosen = notificationChannels.find(({ id }) => id === params.get('channel')) ?? notificationChannels[0];
          if (!chosen) return <p class="empty">Nobody is told of anything yet.</p>;
          return (
            <>
              <Table
                caption="Channels"
                rows={notificationChannels}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Name',
                    cell: ({ id, name }: Channel) => (
                      <a href={addressOf('notifications', { tenant: tenantId, channel: id })}>{name}</a>
                    ),
                  },
                  { name: 'Kind', cell: ({ kind }: Channel) => kinds[kind] },
                  { name: 'Address', cell: ({ url }: Channel) => url },
                  {
                    name: 'Told when',
                    cell: ({ events }: Channel) => events.map((event) => eventNames[event]).join('; '),
                  },
                  { name: 'State', cell: ({ enabled }: Channel) => (enabled ? 'on' : 'off: its receiver is gone') },
                  {
                    name: 'Created',
                    cell: ({ createdAt }: Channel) => <Time at={createdAt} timeZone={tenant.timezone} />,
                  },
                  ...(caller.administers ? [{ name: 'Changes', cell: changes }] : []),
                ]}
              />
              <Deliveries key={chosen.id} {...props} channel={chosen} />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Changes({ tenantId, channel, reload }: { tenantId: string; channel: Channel; reload: () => void }) {
  const { id, name, kind, enabled } = channel;
  const test = async () => {
    await ask(TestNotificationChannelDocument, { tenantId, id });
    changeParams({ channel: id });
    reload();
  };
  const rotate = async ({ grace = '0' }: FormValues) => {
    const variables = { tenantId, id, graceSeconds: Number(grace) };
    const { rotateNotificationSecret } = await ask(RotateNotificationSecretDocument, variables);
    return shownOnce(rotateNotificationSecret.secret);
  };
  const remove = async () => {
    await ask(DeleteNotificationChannelDocument, { tenantId, id });
    reload();
  };
  return (
    <div class="row">
      {enabled && <FormDialog button="Test" title={`Test ${name}`} action="Send a test" fields={[]} submit={test} />}
      {kind === 'WEBHOOK' && (
        <FormDialog
          button="Rotate"
          title={`Rotate the secret of ${name}`}
          action="Make a new secret"
          fields={[
            {
              name: 'grace',
              label: 'The old secret signs as well for',
              options: { 0: 'no time', 3600: 'an hour', 86400: 'a day', 604800: 'a week' },
              value: '86400',
            },
          ]}
          submit={rotate}
        />
      )}
      <FormDialog
        button="Delete"
        title={`Delete ${name}`}
        action="Delete the channel"
        isDangerous
        explanation="What it has not been told yet goes with it."
        fields={[]}
        submit={remove}
      />
    </div>
  );
}
