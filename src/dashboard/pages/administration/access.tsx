import { ask } from '../../api/ask.ts';
import { useQuery } from '../../api/use-query.ts';
import {
  ApiKeysDocument,
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  type ApiKeysQuery,
  type CreateApiKeyInput,
} from '../../gql/graphql.ts';
import { Or } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { Table } from '../../parts/table.tsx';
import type { Page, PageProps } from '../page.ts';
import { People } from './people.tsx';

export const access: Page = {
  name: 'access',
  title: 'Keys and people',
  isOffered: ({ readsAdministration }) => readsAdministration,
  Content: (props) => (
    <>
      <Keys {...props} />
      <People {...props} />
    </>
  ),
};

type Key = ApiKeysQuery['apiKeys'][number];

/** What a key may do, by what is chosen in the form. */
const rights = {
  read: { name: 'Read usage (service key)', input: { scopes: ['USAGE_READ'] } },
  write: { name: 'Record calls (service key)', input: { scopes: ['USAGE_WRITE'] } },
  both: { name: 'Read usage and record calls (service key)', input: { scopes: ['USAGE_READ', 'USAGE_WRITE'] } },
  member: { name: 'Member: reads the tenant', input: { role: 'TENANT_MEMBER' } },
  admin: { name: 'Admin: reads, records and administers the tenant', input: { role: 'TENANT_ADMIN' } },
} satisfies Record<string, { name: string; input: Pick<CreateApiKeyInput, 'role' | 'scopes'> }>;
const isRight = (text: string): text is keyof typeof rights => Object.hasOwn(rights, text);

const shownOnce = (secret: string) => (
  <>
    <p>This is the key. It is shown only this once; keep it now.</p>
    <pre tabIndex={0} aria-label="The key">
      {secret}
    </pre>
  </>
);

const stateOf = ({ revokedAt, expiresAt }: Key) =>
  revokedAt ? 'revoked' : expiresAt && new Date(expiresAt) <= new Date() ? 'expired' : 'in use';

function Keys({ caller, tenant }: PageProps) {
  const tenantId = tenant.id;
  const keys = useQuery(ApiKeysDocument, { tenantId });
  const create = async ({ name = '', right = '', expires }: FormValues) => {
    const input = isRight(right) ? rights[right].input : rights.read.input;
    const expiresAt = expires ? new Date(expires).toISOString() : null;
    const { createApiKey } = await ask(CreateApiKeyDocument, { tenantId, input: { name, expiresAt, ...input } });
    keys.reload();
    return shownOnce(createApiKey.secret);
  };
  const rotate = async (id: string, { grace = '0' }: FormValues) => {
    const { rotateApiKey } = await ask(RotateApiKeyDocument, { id, graceSeconds: Number(grace) });
    keys.reload();
    return shownOnce(rotateApiKey.secret);
  };
  const revoke = async (id: string) => {
    await ask(RevokeApiKeyDocument, { id });
    keys.reload();
  };
  const changes = (key: Key) =>
    stateOf(key) === 'in use' && (
      <div class="row">
        <FormDialog
          button="Rotate"
          title={`Rotate ${key.name}`}
          action="Make a new secret"
          fields={[
            {
              name: 'grace',
              label: 'The old secret stays valid for',
              options: { 0: 'no time', 3600: 'an hour', 86400: 'a day', 604800: 'a week' },
            },
          ]}
          submit={(values) => rotate(key.id, values)}
        />
        <FormDialog
          button="Revoke"
          title={`Revoke ${key.name}`}
          action="Revoke the key"
          isDangerous
          explanation="Whoever uses it is refused within five seconds, for good."
          fields={[]}
          submit={() => revoke(key.id)}
        />
      </div>
    );
  return (
    <>
      <h2>Keys</h2>
      {caller.administers && (
        <p>
          <FormDialog
            button="Create a key"
            title="Create a key"
            action="Create"
            fields={[
              { name: 'name', label: 'Name', isRequired: true },
              {
                name: 'right',
                label: 'May',
                options: Object.fromEntries(Object.entries(rights).map(([id, { name }]) => [id, name])),
              },
              {
                name: 'expires',
                label: 'Expires, on your clock',
                type: 'datetime-local',
                hint: 'Never when left empty.',
              },
            ]}
            submit={create}
          />
        </p>
      )}
      <Loaded of={keys}>
        {({ apiKeys }) =>
          apiKeys.length === 0 ? (
            <p class="empty">There are no keys yet.</p>
          ) : (
            <Table
              caption="Keys"
              rows={apiKeys}
              keyOf={({ id }) => id}
              columns={[
                { name: 'Name', cell: ({ name }: Key) => name },
                { name: 'Begins with', cell: ({ prefix }: Key) => <code>{prefix}</code> },
                { name: 'May', cell: ({ role, scopes }: Key) => role ?? scopes.join(', ') },
                { name: 'State', cell: stateOf },
                { name: 'Created', cell: ({ createdAt }: Key) => <Time at={createdAt} timeZone={tenant.timezone} /> },
                {
                  name: 'Last used',
                  cell: ({ lastUsedAt }: Key) => (
                    <Or none="never">{lastUsedAt && <Time at={lastUsedAt} timeZone={tenant.timezone} />}</Or>
                  ),
                },
                {
                  name: 'Expires',
                  cell: ({ expiresAt }: Key) => (
                    <Or none="never">{expiresAt && <Time at={expiresAt} timeZone={tenant.timezone} />}</Or>
                  ),
                },
                ...(caller.administers ? [{ name: 'Changes', cell: changes }] : []),
              ]}
            />
          )
        }
      </Loaded>
    </>
  );
}
