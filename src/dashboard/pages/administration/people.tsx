import { ask } from '../../api/ask.ts';
import { usePages } from '../../api/use-pages.ts';
import {
  InviteUserDocument,
  PeopleDocument,
  RevokeInvitationDocument,
  type PeopleQuery,
  type Role,
} from '../../gql/graphql.ts';
import { Or } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { PagedTable, Table } from '../../parts/table.tsx';
import { Erasure } from './erasure.tsx';
import type { PageProps } from '../page.ts';

type Invitation = PeopleQuery['tenantUsers']['pendingInvitations'][number];
type Person = PeopleQuery['tenantUsers']['users']['edges'][number]['node'];

const roles: Record<Role, string> = {
  TENANT_MEMBER: 'Member',
  TENANT_ADMIN: 'Admin',
  SUPERUSER: 'Superuser',
  PLATFORM_VIEWER: 'Platform viewer',
};

export function People({ caller, tenant }: PageProps) {
  const tenantId = tenant.id;
  const people = usePages(PeopleDocument, { tenantId }, (data) => data.tenantUsers.users);
  const invite = async ({ email = '', role }: FormValues) => {
    await ask(InviteUserDocument, { tenantId, email, role: role === 'TENANT_ADMIN' ? role : 'TENANT_MEMBER' });
    people.reload();
  };
  const revoke = async (id: string) => {
    await ask(RevokeInvitationDocument, { id });
    people.reload();
  };
  const invitations = people.first?.tenantUsers.pendingInvitations ?? [];
  return (
    <>
      <h2>People</h2>
      {caller.administers && (
        <p>
          <FormDialog
            button="Invite somebody"
            title="Invite somebody"
            action="Invite"
            explanation="No mail is sent: tell them yourself. Signing in with this address accepts the invitation."
            fields={[
              { name: 'email', label: 'E-mail address', type: 'email', isRequired: true },
              {
                name: 'role',
                label: 'Role',
                options: { TENANT_MEMBER: roles.TENANT_MEMBER, TENANT_ADMIN: roles.TENANT_ADMIN },
              },
            ]}
            submit={invite}
          />
        </p>
      )}
      <PagedTable
        of={people}
        caption="People"
        empty="Nobody has signed in as a member yet."
        keyOf={({ id }) => id}
        columns={[
          { name: 'E-mail address', cell: ({ email }: Person) => email },
          { name: 'Name', cell: ({ name }: Person) => <Or none="none">{name}</Or> },
          { name: 'Role', cell: ({ role }: Person) => roles[role] },
        ]}
      />
      {invitations.length > 0 && (
        <>
          <h2>Pending invitations</h2>
          <Table
            caption="Pending invitations"
            rows={invitations}
            keyOf={({ id }) => id}
            columns={[
              { name: 'E-mail address', cell: ({ email }: Invitation) => email },
              { name: 'Role', cell: ({ role }: Invitation) => roles[role] },
              {
                name: 'Until',
                cell: ({ expiresAt }: Invitation) => <Time at={expiresAt} timeZone={tenant.timezone} />,
              },
              ...(caller.administers
                ? [
                    {
                      name: 'Changes',
                      cell: ({ id, email }: Invitation) => (
                        <FormDialog
                          button="Revoke"
                          title={`Revoke the invitation of ${email}`}
                          action="Revoke the invitation"
                          isDangerous
                          fields={[]}
                          submit={() => revoke(id)}
                        />
                      ),
                    },
                  ]
                : []),
            ]}
          />
        </>
      )}
      {caller.administers && <Erasure tenantId={tenantId} onErased={people.reload} />}
    </>
  );
}
