-- Ends claims one by one, for when a batch of them failed: a claim that cannot be ended, because its numbers contradict
-- the item's, is passed over and named, so that it holds up nobody else's units. `./kaibo check` shows what is wrong with it.
create function room.expire_each(p_limit integer, p_now timestamptz default null)
returns table (ended integer, items uuid[], stuck uuid[])
language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_claim uuid;
    v_ended integer := 0;
    v_items uuid[] := array[]::uuid[];
    v_stuck uuid[] := array[]::uuid[];
begin
    for v_claim in
        select a.attempt from room.answers a
         where a.result = 'claimed' and a.paid_at is null and a.expired_at is null and a.pay_by <= v_now
         order by a.pay_by for no key update skip locked
    loop
        exit when v_ended = p_limit;
        begin
            v_items := v_items || array(select room.end_claims(array[v_claim], v_now));
            v_ended := v_ended + 1;
        exception when integrity_constraint_violation or data_exception then
            v_stuck := v_stuck || v_claim;
        end;
    end loop;
    return query select v_ended, v_items, v_stuck;
end $$;
