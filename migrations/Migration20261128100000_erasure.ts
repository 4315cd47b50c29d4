import { Migration } from '@mikro-orm/migrations';

const platform = 'usage_gateway_platform';

/** What takes the place of an erased user in the ledger. No identifier has a control character. */
const erasedUser = `chr(127) || 'erased'`;

/** Tables of which those who serve may not change what names a person. */
const changed = ['usage_call', 'cost_revision', 'audit_event'];
const owners = [
  ...changed.map((table) => [table, 'update']),
  ...[...changed, 'unfolded'].map((table) => [table, 'select']),
];

/**
 * What the functions begin and end with. Row level security holds for the owner, too; in between it sees what it needs.
 * Nothing but pseudonyms can be written into texts.
 */
const begins = `
        if pseudonym !~ '^erased_[0-9a-f]{16}$' then
          raise exception 'not a pseudonym: %', pseudonym;
        end if;
        set local app.erases = 'on';`;
const ends = `set local app.erases = 'off';`;

const functions = [
  'erase_calls(text, text[], text, text[], text[], text)',
  'erase_recorder(text, text[], text[], text, boolean)',
  'erase_from_audit(text, text[], text[], text)',
];

/** Takes a person out of the ledger and out of audit rows, which those who serve cannot change by themselves. */
export class Migration20261128100000_erasure extends Migration {
  override up(): void {
    // Of an erased user's calls these tags are taken away.
    this.addSql(`alter table tenant add personal_tags text[] not null default '{}'`);
    this.addPseudonyms();
    for (const [table, act] of owners)
      this.addSql(`
        create policy owner_erasing_${act} on ${table} for ${act} to current_user
        using (current_setting('app.erases', true) = 'on')`);
    this.addLedgerFunctions();
    // Waits for less than what PostgreSQL takes to look for deadlocks: of two that wait for one another it ends whoever looks,
    // and that is whoever records, who begins again.
    this.addSql(`
      create function hold_up_tenant(of_tenant text) returns boolean language plpgsql set lock_timeout = '400ms'
      as $$
      begin
        perform from rollup_mark where rollup_mark.tenant_id = of_tenant for update;
        return true;
      exception when lock_not_available then
        return false;
      end $$`);
    this.addSql(`
      create function erase_from_audit(of_tenant text, actors text[], names text[], pseudonym text) returns void
      language plpgsql security definer
      as $$
      begin
${begins}
        update audit_event set
          actor = case when actor = any(actors) then 'user:' || pseudonym else actor end,
          target = case when 'user:' || target = any(actors) then pseudonym else target end,
          details = without_names(details, null, names, pseudonym)
        where audit_event.tenant_id = of_tenant
          and (actor = any(actors) or 'user:' || target = any(actors)
            -- As written in JSON; looking is much faster than replacing.
            or exists (
              select from unnest(names) as name
              where strpos(lower(details::text), lower(trim(both '"' from to_jsonb(name)::text))) > 0));
        ${ends}
      end $$`);
    for (const name of functions) {
      // The temporary schema last, so that no table of a session stands for one of ours.
      this.addSql(`
        do $$ begin
          execute format('alter function ${name} set search_path to %I, pg_catalog, pg_temp', current_schema());
        end $$`);
      this.addSql(`revoke execute on function ${name} from public`);
      this.addSql(`grant execute on function ${name} to ${platform}`);
    }
  }

  private addPseudonyms(): void {
    // A name stands alone: "bob" is neither in "bobby" nor in "bob@example.com". Shorter ones would be found in any text.
    this.addSql(`
      create function without_names(words text, names text[], pseudonym text) returns text
      language plpgsql immutable strict parallel safe
      as $$
      declare
        name text;
      begin
        foreach name in array names loop
          if length(name) >= 3 then
            words := regexp_replace(
              words,
              '(?<![[:alnum:]_@.-])' || regexp_replace(name, '([^[:alnum:]_])', '\\\\\\1', 'g')
                || '(?![[:alnum:]_@]|[.-][[:alnum:]])',
              pseudonym,
              case when strpos(name, '@') > 0 then 'gi' else 'g' end);
          end if;
        end loop;
        return words;
      end $$`);
    // Texts anywhere in a JSON value. A text that is a number may be an amount, unless it stands where an id does.
    this.addSql(`
      create function without_names(part jsonb, under text, names text[], pseudonym text) returns jsonb
      language plpgsql immutable parallel safe
      as $$
      declare
        words text;
      begin
        if jsonb_typeof(part) = 'object' then
          return (
            select coalesce(jsonb_object_agg(key, without_names(value, key, names, pseudonym)), '{}') from jsonb_each(part));
        elsif jsonb_typeof(part) = 'array' then
          return (
            select coalesce(jsonb_agg(without_names(value, under, names, pseudonym) order by place), '[]')
            from jsonb_array_elements(part) with ordinality as element (value, place));
        elsif jsonb_typeof(part) is distinct from 'string' then
          return part;
        end if;
        words := part #>> '{}';
        if words = any(names) and (under in ('userId', 'recordedBy', 'email') or under like 'tag:%') then
          return to_jsonb(pseudonym);
        elsif under = 'scope' and starts_with(words, 'userId: ') and substr(words, 9) = any(names) then
          return to_jsonb('userId: ' || pseudonym);
        elsif words ~ '^-?[0-9]+([.][0-9]+)?$' then
          return part;
        end if;
        return to_jsonb(without_names(words, names, pseudonym));
      end $$`);
  }

  private addLedgerFunctions(): void {
    // Of calls by key: those of the user, and earlier versions, whosever they are.
    this.addSql(`
      create function erase_calls(
        of_tenant text, keys text[], of_user text, personal text[], names text[], pseudonym text) returns integer
      language plpgsql security definer
      as $$
      declare
        erased integer;
      begin
${begins}
        with changed as (
          update usage_call set
            user_id = case when user_id = of_user then ${erasedUser} else user_id end,
            tags = nullif(tags - personal, '{}'),
            metadata = null,
            content_hash = '',
            void_reason = without_names(void_reason, names, pseudonym)
          where usage_call.tenant_id = of_tenant and request_id = any(keys)
            and (user_id = of_user or strpos(request_id, chr(31)) > 0)
          returning request_id
        )
        select count(*) into erased from changed where strpos(request_id, chr(31)) = 0;
        ${ends}
        return erased;
      end $$`);
    // Who recorded and voided calls, and reasons that were given for changes of any call; or only what is not folded yet.
    this.addSql(`
      create function erase_recorder(
        of_tenant text, actors text[], names text[], pseudonym text, only_unfolded boolean) returns void
      language plpgsql security definer
      as $$
      declare
        batches uuid[];
      begin
${begins}
        if only_unfolded then
          batches := array(select batch_id from unfolded where unfolded.tenant_id = of_tenant);
        end if;
        if cardinality(actors) > 0 then
          update usage_call set
            recorded_by = case when recorded_by = any(actors) then 'user:' || pseudonym else recorded_by end,
            voided_by = case when voided_by = any(actors) then 'user:' || pseudonym else voided_by end
          where usage_call.tenant_id = of_tenant and (recorded_by = any(actors) or voided_by = any(actors))
            and (batches is null or batch_id = any(batches) or void_batch_id = any(batches));
        end if;
        if not only_unfolded then
          update usage_call set void_reason = without_names(void_reason, names, pseudonym)
          where usage_call.tenant_id = of_tenant and void_batch_id is not null
            and void_reason <> without_names(void_reason, names, pseudonym);
          update cost_revision set reason = without_names(reason, names, pseudonym)
          where cost_revision.tenant_id = of_tenant and reason <> without_names(reason, names, pseudonym);
        end if;
        ${ends}
      end $$`);
  }
}
