import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/ask.ts';
import { asApiError } from '../api/use-query.ts';
import { ErrorNotice } from './notices.tsx';

export interface FormField {
  name: string;
  label: string;
  hint?: string;
  value?: string;
  isRequired?: boolean;
  type?: 'text' | 'email' | 'number' | 'datetime-local' | 'checkbox';
  /** What can be chosen, by the value that is sent; without it anything can be typed. */
  options?: Record<string, string>;
}

export type FormValues = Record<string, string>;

/**
 * A button that opens a form. `submit` is given what was filled in, trimmed; what it returns is shown in place of the form,
 * and the dialog closes where that is nothing.
 */
export function FormDialog({
  button,
  title,
  action,
  fields,
  explanation,
  isDangerous,
  submit,
}: {
  button: string;
  title: string;
  action: string;
  fields: readonly FormField[];
  explanation?: string;
  isDangerous?: boolean;
  submit: (values: FormValues) => Promise<ComponentChildren | void>;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [isSending, setSending] = useState(false);
  const [result, setResult] = useState<ComponentChildren>();
  const close = () => {
    setOpen(false);
    setError(undefined);
    setResult(undefined);
  };
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);

  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const values: FormValues = {};
    for (const [name, value] of new FormData(event.target)) if (typeof value === 'string') values[name] = value.trim();
    setSending(true);
    setError(undefined);
    try {
      const shown = await submit(values);
      if (shown) setResult(shown);
      else close();
    } catch (reason) {
      setError(asApiError(reason));
    } finally {
      setSending(false);
    }
  };

  return (
    <>
      <button type="button" class={isDangerous ? 'dangerous' : ''} onClick={() => setOpen(true)}>
        {button}
      </button>
      {isOpen && (
        <dialog ref={dialog} onClose={close} aria-label={title}>
          <h2>{title}</h2>
          {result ? (
            <>
              {result}
              <button type="button" onClick={close}>
                Close
              </button>
            </>
          ) : (
            <form onSubmit={send}>
              {explanation && <p>{explanation}</p>}
              {fields.map((field) => (
                <Field key={field.name} field={field} isInvalid={error?.field === field.name} />
              ))}
              {error && <ErrorNotice error={error} />}
              <div class="row">
                <button type="submit" class={isDangerous ? 'dangerous' : 'main'} disabled={isSending}>
                  {action}
                </button>
                <button type="button" onClick={close}>
                  Cancel
                </button>
              </div>
            </form>
          )}
        </dialog>
      )}
    </>
  );
}

interface SharedAttributes {
  name: string;
  required: boolean;
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
}

/** The kinds of input have types that TypeScript tells apart by a literal alone. */
const Input = ({
  type,
  ...shared
}: SharedAttributes & { type: NonNullable<FormField['type']>; defaultValue: string }) => {
  if (type === 'email') return <input {...shared} type="email" autocomplete="off" />;
  if (type === 'datetime-local') return <input {...shared} type="datetime-local" />;
  return <input {...shared} type="text" inputMode={type === 'number' ? 'decimal' : 'text'} autocomplete="off" />;
};

const Field = ({ field, isInvalid }: { field: FormField; isInvalid: boolean }) => {
  const { name, label, hint, value = '', isRequired = false, type = 'text', options } = field;
  const hintId = useId();
  const shared = {
    name,
    required: isRequired,
    'aria-invalid': isInvalid,
    'aria-describedby': hint === undefined ? undefined : hintId,
  };
  if (type === 'checkbox')
    return (
      <label class="inline">
        <input type="checkbox" name={name} /> {label}
      </label>
    );
  return (
    <div>
      <label>
        {label}
        {options ? (
          <select {...shared}>
            {Object.entries(options).map(([option, text]) => (
              <option key={option} value={option} selected={option === value}>
                {text}
              </option>
            ))}
          </select>
        ) : (
          <Input {...shared} type={type} defaultValue={value} />
        )}
      </label>
      {hint && <small id={hintId}>{hint}</small>}
    </div>
  );
};
