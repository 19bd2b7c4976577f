-- Openings, money and addresses of a crowd at a cost that does not grow with what was sold before. Rows that are known by
-- their key are read in `lateral (… limit 1)`: no other plan is possible than one look into that key's index, however
-- empty the tables were when the plan was made. A join left the choice open, and plans made in the first minute of a sale
-- walked through everything sold since.

-- Opens payments: one row for each (claim, channel), the first one's id for ever, with a coupon each or none. Results: opened,
-- already_paid, claim_expired, nothing_to_pay, no_such_claim. A claim's payment through a channel keeps the amount it was
-- opened with: another coupon for it is `amount_fixed`. Further results: those of room.bind_coupon; nothing was opened then.
drop function if exists room.open_payments(uuid[], uuid[], text[], text[], text[], timestamptz);
create or replace function room.open_payments(
    p_payments uuid[], p_claims uuid[], p_rooms text[], p_visitors text[], p_channels text[], p_now timestamptz default null,
    p_coupons uuid[] default null)
returns table (n integer, result text, payment uuid, amount_fen bigint, pay_by timestamptz, title text, quantity integer, discount_fen bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_ask record;
    v_bound record;
    v_takes uuid[] := array_fill(null::uuid, array[cardinality(p_claims)]);
    v_offs bigint[] := array_fill(0::bigint, array[cardinality(p_claims)]);
    v_refused text[] := array_fill(null::text, array[cardinality(p_claims)]);
begin
    if array_length(array_remove(p_coupons, null), 1) > 0 then
        -- Only who pays with a coupon holds its claim: it must not end while the coupon is bound to it.
        perform 1 from room.answers a where a.attempt in (select t.claim from unnest(p_claims, p_coupons) t(claim, coupon) where t.coupon is not null)
          order by a.attempt for no key update;
        v_now := coalesce(p_now, clock_timestamp());
        for v_ask in
            select t.n, t.claim, t.coupon, p.payment, k.coupon as opened_with
              from unnest(p_claims, p_rooms, p_visitors, p_channels, p_coupons) with ordinality as t(claim, room, visitor, channel, coupon, n)
              join room.answers a on a.attempt = t.claim and a.room = t.room and a.visitor = t.visitor and a.result = 'claimed'
              left join room.payments p on p.claim = t.claim and p.channel = t.channel
              left join room.coupon_takes k on k.take = p.take
             where t.coupon is not null and a.paid_at is null and a.expired_at is null and a.pay_by > v_now
             order by t.visitor, t.coupon, t.n
        loop
            if v_ask.payment is not null then
                v_refused[v_ask.n] := case when v_ask.opened_with is distinct from v_ask.coupon then 'amount_fixed' end;
                continue;
            end if;
            v_bound := room.bind_coupon(v_ask.coupon, v_ask.claim, v_now);
            v_takes[v_ask.n] := v_bound.take;
            v_offs[v_ask.n] := v_bound.discount_fen;
            v_refused[v_ask.n] := nullif(v_bound.result, 'bound');
        end loop;
    end if;
    v_now := coalesce(v_now, p_now, clock_timestamp());
    insert into room.payments (payment, claim, room, visitor, channel, amount_fen, opened_at, take, discount_fen)
    select distinct on (t.claim, t.channel) t.payment, t.claim, t.room, t.visitor, t.channel,
           a.amount_fen - case when t.take is null then 0 else t.off end, v_now, t.take, case when t.take is null then 0 else t.off end
      from unnest(p_payments, p_claims, p_rooms, p_visitors, p_channels, v_takes, v_offs, v_refused)
           with ordinality as t(payment, claim, room, visitor, channel, take, off, refused, n)
     cross join lateral (select c.*, c.quantity * c.unit_price_fen as amount_fen from room.answers c where c.attempt = t.claim limit 1) a
     where a.room = t.room and a.visitor = t.visitor and a.result = 'claimed' and a.paid_at is null and a.expired_at is null
       and a.pay_by > v_now and a.amount_fen > 0 and t.refused is null
     order by t.claim, t.channel, t.n
    on conflict (claim, channel) do nothing;
    return query
        select t.n::integer,
               case when a.attempt is null then 'no_such_claim' when a.paid_at is not null then 'already_paid'
                    when a.expired_at is not null or a.pay_by <= v_now then 'claim_expired' when t.refused is not null then t.refused
                    when p.payment is null then 'nothing_to_pay'
                    when t.coupon is not null and k.coupon is distinct from t.coupon then 'amount_fixed' else 'opened' end,
               p.payment, p.amount_fen, a.pay_by, i.title, a.quantity, p.discount_fen
          from unnest(p_claims, p_rooms, p_visitors, p_channels, v_refused, p_coupons)
               with ordinality as t(claim, room, visitor, channel, refused, coupon, n)
          left join lateral (select c.* from room.answers c where c.attempt = t.claim limit 1) a
            on a.room = t.room and a.visitor = t.visitor and a.result = 'claimed'
          left join lateral (select j.title from room.items j where j.item = a.item limit 1) i on true
          -- `|| ''`: else the index of transactions, whose first column is the channel, looks as good while the tables are empty
          left join lateral (select q.* from room.payments q where q.claim = t.claim and q.channel || '' = t.channel limit 1) p on true
          left join lateral (select l.coupon from room.coupon_takes l where l.take = p.take limit 1) k on true
         order by t.n;
end $$;

-- Books payments the channels told of, one commit a batch. Each payment is booked once; told again, the answer is the
-- same. Outcomes: in_time; late (had expired, units taken again); refund_due (expired and the units are gone, the amount
-- is wrong, or the claim was paid already); unknown (no such payment, or told with another transaction): nothing booked.
--
-- A payment is in time when its claim still holds its units and the channel took the money, or told of it, before
-- `pay_by`. Who pays later than that first loses the units (they go to who waits), then takes them again if any are left.
create or replace function room.take_payments(
    p_channels text[], p_payments uuid[], p_transactions text[], p_amounts bigint[], p_paid_at timestamptz[],
    p_now timestamptz default null)
returns table (n integer, outcome text, is_repeat boolean, claim uuid, items uuid[])
language plpgsql as $$
#variable_conflict use_column
declare
    v_claims uuid[];
    v_now timestamptz;
    v_booked integer[];
    v_booked_claims uuid[];
    v_slow integer[];
    v_lapsed uuid[];
    v_moved uuid[] := '{}';
begin
    v_claims := array(select p.claim from room.payments p where p.payment = any(p_payments));
    perform 1 from room.answers a where a.attempt = any(v_claims) order by a.attempt for no key update;
    v_now := coalesce(p_now, clock_timestamp());

    -- The usual ones at once: the first money for a claim that holds its units, of the right amount and in time.
    with told as materialized (
        select t.*, p.claim, row_number() over (partition by p.claim order by t.n) as turn,
               row_number() over (partition by t.channel, t.transaction order by t.n) as time
          from unnest(p_channels, p_payments, p_transactions, p_amounts, p_paid_at)
               with ordinality as t(channel, payment, transaction, amount_fen, paid_at, n)
         cross join lateral (select q.* from room.payments q where q.payment = t.payment limit 1) p
         cross join lateral (select c.* from room.answers c where c.attempt = p.claim limit 1) a
         where p.channel = t.channel and p.outcome is null and p.amount_fen = t.amount_fen and a.paid_at is null and a.expired_at is null
           and (t.paid_at < a.pay_by or v_now < a.pay_by)
           and (select o.payment from room.payments o where o.channel = t.channel and o.transaction = t.transaction limit 1) is null
    ), booked as (
        update room.payments p
           set transaction = t.transaction, received_fen = t.amount_fen, paid_at = t.paid_at, noticed_at = v_now, outcome = 'in_time'
          from told t where t.turn = 1 and t.time = 1 and p.payment = t.payment
        returning p.payment, p.claim, p.paid_at, t.n
    ), lived as (
        update room.answers a set paid_at = b.paid_at from booked b where a.attempt = b.claim
    ), turned as (
        insert into room.turns (claim, kind, payment, at) select b.claim, 'paid', b.payment, v_now from booked b order by b.n
    )
    select array_agg(b.n::integer), array_agg(b.claim) into v_booked, v_booked_claims from booked b;
    return query select t.n, 'in_time', false, t.claim, '{}'::uuid[] from unnest(v_booked, v_booked_claims) as t(n, claim);
    if cardinality(v_booked) = cardinality(p_payments) then
        return;
    end if;
    v_slow := array(select s from generate_series(1, cardinality(p_payments)) s where s <> all(coalesce(v_booked, '{}')));

    -- One by one from here. Their items are locked together first, in the order every writer keeps.
    perform 1 from room.items i
      where i.item in (select a.item from room.payments p join room.answers a on a.attempt = p.claim
                        where p.payment in (select p_payments[s] from unnest(v_slow) s)) order by i.item for no key update;
    v_lapsed := array(
        select distinct p.claim from unnest(v_slow) s
          join room.payments p on p.payment = p_payments[s] and p.channel = p_channels[s]
          join room.answers a on a.attempt = p.claim
         where p.outcome is null and p.amount_fen = p_amounts[s] and a.paid_at is null and a.expired_at is null
           and a.pay_by <= v_now);
    if cardinality(v_lapsed) > 0 then
        v_moved := array(select room.end_claims(v_lapsed, v_now));
    end if;
    for n in select unnest(v_slow) loop
        return query
            select n, s.outcome, s.is_repeat, s.claim, v_moved || s.items
              from room.take_payment_alone(p_channels[n], p_payments[n], p_transactions[n], p_amounts[n], p_paid_at[n], v_now) s;
    end loop;
end $$;

-- Money that paid claims uses the coupons it was opened with, and frees others bound to the same claims: once a
-- statement, because most statements book a crowd's payments and touch no coupon.
create or replace function room.use_coupons() returns trigger
language plpgsql as $$
begin
    update room.coupon_takes k
       set claim = case when k.take = p.take then p.claim end, used_at = case when k.take = p.take then p.noticed_at end
      from fresh p
     where p.outcome in ('in_time', 'late') and (k.claim = p.claim or k.take = p.take) and k.used_at is null;
    return null;
end $$;
drop trigger if exists money_uses_its_coupon on room.payments;
create trigger money_uses_its_coupon after update on room.payments referencing new table as fresh
    for each statement execute function room.use_coupons();
