import { useState } from 'preact/hooks';
import { ask, type ApiError } from '../../api/ask.ts';
import { asApiError } from '../../api/use-query.ts';
import { EraseUserDocument } from '../../gql/graphql.ts';
import { formatWhole } from '../../format/numbers.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';

interface Asked {
  tenantId: string;
  userId: string;
  reason: string;
}

/** Erases a user of the tenant: first it tells how many calls that is about, then it can be done. */
export function Erasure({ tenantId, onErased }: { tenantId: string; onErased: () => void }) {
  const look = async ({ userId = '', reason = '' }: FormValues) => {
    const asked = { tenantId, userId, reason };
    const { eraseUser } = await ask(EraseUserDocument, { ...asked, dryRun: true });
    return <Confirmation asked={asked} calls={eraseUser.calls} onErased={onErased} />;
  };
  return (
    <>
      <h2>Erasing a person</h2>
      <p>
        <FormDialog
          button="Erase a user"
          title="Erase a user"
          action="Count the calls"
          explanation="The id, metadata and tags that are marked personal leave the user's calls; a member with this id or e-mail address goes as well. Every sum stays what it was. Stop sending the user first."
          fields={[
            { name: 'userId', label: 'User, as calls name it', isRequired: true },
            { name: 'reason', label: 'Reason', isRequired: true, hint: 'For the audit log.' },
          ]}
          submit={look}
        />
      </p>
    </>
  );
}

function Confirmation({ asked, calls, onErased }: { asked: Asked; calls: number; onErased: () => void }) {
  const [state, setState] = useState<'asking' | 'sending' | 'done'>('asking');
  const [error, setError] = useState<ApiError>();
  const erase = async () => {
    setState('sending');
    setError(undefined);
    try {
      await ask(EraseUserDocument, { ...asked, dryRun: false });
      setState('done');
      onErased();
    } catch (reason) {
      setError(asApiError(reason));
      setState('asking');
    }
  };
  if (state === 'done') return <p role="status">The user is erased.</p>;
  return (
    <>
      <p role="status">
        {formatWhole(calls)} calls name the user {asked.userId}. Nothing was changed yet. Erasing cannot be undone.
      </p>
      {error && <ErrorNotice error={error} />}
      <p>
        <button type="button" class="dangerous" disabled={state === 'sending'} onClick={erase}>
          Erase the user for good
        </button>
      </p>
    </>
  );
}
