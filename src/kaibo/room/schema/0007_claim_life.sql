-- A claim's life after it was admitted: paid in time, expired at `pay_by`, paid late (claimed again or the money goes
-- back), offered to who waits. Lock order: claims (by id), then items (by id), then visitor and waitlist rows, which
-- are only written under their item's lock. Whoever changes the life of a claim holds its row.

alter table room.answers add column paid_at timestamptz;
alter table room.answers add column expired_at timestamptz;
alter table room.answers add constraint only_claims_have_a_life
    check (result = 'claimed' or (paid_at is null and expired_at is null));
-- What is already there: orders know what was paid and what was cancelled; claims of bench rooms never end.
do $$
begin
    update room.rooms set pay_within_seconds = 315360000 where is_bench;
    update room.answers a set pay_by = pay_by + interval '10 years'
      from room.rooms r where r.room = a.room and r.is_bench and a.result = 'claimed';
    if to_regclass('orders_order') is not null then
        execute 'update room.answers a set expired_at = o.cancelled_at from orders_order o
                  where o.id = a.attempt and o.source = ''claim'' and o.state = ''cancelled'' and o.cancelled_at is not null';
        execute 'update room.answers a set paid_at = o.paid_at from orders_order o
                  where o.id = a.attempt and o.source = ''claim'' and o.state <> ''cancelled'' and o.paid_at is not null';
    end if;
    update room.answers set expired_at = pay_by where returned_units > 0 and expired_at is null and paid_at is null;
end $$;
create index answers_unpaid on room.answers (pay_by)
    where result = 'claimed' and paid_at is null and expired_at is null;

-- A late payment may take the units again that its own expiry gave back.
alter table room.movements drop constraint movements_kind_check;
alter table room.movements add constraint movements_kind_check
    check (kind in ('allotted', 'claimed', 'returned', 'withdrawn', 'reclaimed'));
alter table room.movements drop constraint movements_check;
alter table room.movements add constraint a_movement_of_one_claim_names_it
    check ((kind in ('returned', 'reclaimed')) = (claim is not null));
drop index room.a_claim_returns_once;
create unique index a_claim_returns_once on room.movements (claim, kind) where claim is not null;

-- One row for each way a viewer opened to pay a claim; its id without dashes is the out_trade_no the channel knows.
create table room.payments (
    payment uuid primary key,
    claim uuid not null,
    room text not null,
    visitor text not null,
    channel text not null check (channel <> ''),
    amount_fen bigint not null check (amount_fen > 0),
    opened_at timestamptz not null,
    transaction text,
    received_fen bigint check (received_fen > 0),
    paid_at timestamptz,
    noticed_at timestamptz,
    outcome text check (outcome in ('in_time', 'late', 'refund_due')),
    refund_reason text check (refund_reason in ('expired', 'amount_wrong', 'paid_twice')),
    refunded_at timestamptz,
    constraint one_payment_a_channel unique (claim, channel),
    constraint a_transaction_pays_once unique (channel, transaction),
    check ((outcome is null) = (transaction is null) and (outcome is null) = (received_fen is null)
           and (outcome is null) = (paid_at is null) and (outcome is null) = (noticed_at is null)),
    check ((outcome is not distinct from 'refund_due') = (refund_reason is not null)),
    check (refunded_at is null or outcome = 'refund_due')
);
create unique index a_claim_is_paid_once on room.payments (claim) where outcome in ('in_time', 'late');

-- What happened to a claim, for the relay, which takes each turn once and in order.
create table room.turns (
    turn bigint generated always as identity primary key,
    claim uuid not null,
    kind text not null check (kind in ('paid', 'late', 'refund_due', 'expired', 'addressed')),
    payment uuid,
    units_returned boolean not null default false,
    at timestamptz not null,
    taken_at timestamptz
);
create index turns_untaken on room.turns (turn) where taken_at is null;
create index turns_by_claim on room.turns (claim);

-- A buyer's address, sealed so that only the back of house can open it; empty again once the relay took it.
create table room.addresses (
    claim uuid primary key,
    sealed bytea,
    given_at timestamptz not null,
    taken_at timestamptz,
    check ((sealed is null) = (taken_at is not null))
);

create table room.waitlist (
    place bigint generated always as identity primary key,
    room text not null,
    item uuid not null references room.items,
    visitor text not null,
    quantity integer not null check (quantity > 0),
    state text not null default 'waiting' check (state in ('waiting', 'offered', 'left', 'limit_reached', 'closed')),
    joined_at timestamptz not null,
    ended_at timestamptz,
    claim uuid unique,
    check ((state = 'waiting') = (ended_at is null)),
    check ((state = 'offered') = (claim is not null))
);
create index waitlist_heads on room.waitlist (item, place) where state = 'waiting';
create unique index one_wait_for_an_item on room.waitlist (item, visitor) where state = 'waiting';
create index waits_of_a_visitor on room.waitlist (room, visitor);

-- Ends claims nobody paid: their units go back on sale (and to who waits), or to the relay when the item is closed.
-- The caller holds the claims' rows and knows them to be unpaid and not ended. Gives the items whose level moved.
create function room.end_claims(p_claims uuid[], p_now timestamptz) returns setof uuid
language plpgsql as $$
declare
    v_item uuid;
begin
    perform 1 from room.items i
      where i.item in (select a.item from room.answers a where a.attempt = any(p_claims)) order by i.item for no key update;
    update room.answers a
       set expired_at = p_now, returned_units = case when i.state = 'closed' then 0 else a.quantity end
      from room.items i where a.attempt = any(p_claims) and i.item = a.item;
    insert into room.movements (item, kind, units, claim, moved_at)
    select a.item, 'returned', a.returned_units, a.attempt, p_now from room.answers a
     where a.attempt = any(p_claims) and a.returned_units > 0 order by a.attempt;
    update room.items i set returned_units = i.returned_units + b.units, left_units = i.left_units + b.units
      from (select a.item, sum(a.returned_units) as units from room.answers a where a.attempt = any(p_claims) group by a.item) b
     where i.item = b.item and b.units > 0;
    update room.visitor_units u set units = u.units - b.units
      from (select a.item, a.visitor, sum(a.returned_units) as units from room.answers a
             where a.attempt = any(p_claims) group by a.item, a.visitor) b
     where u.item = b.item and u.visitor = b.visitor and b.units > 0;
    insert into room.turns (claim, kind, units_returned, at)
    select a.attempt, 'expired', a.returned_units > 0, p_now from room.answers a where a.attempt = any(p_claims) order by a.attempt;
    for v_item in
        select distinct a.item from room.answers a where a.attempt = any(p_claims) and a.returned_units > 0 order by a.item
    loop
        perform room.offer_waiting(v_item, p_now);
        return next v_item;
    end loop;
end $$;

-- Ends what nobody paid by its `pay_by`; any number of processes may call it at once. Claims somebody is paying at this
-- moment are passed over and looked at again next time.
create function room.expire_claims(p_limit integer, p_now timestamptz default null)
returns table (ended integer, items uuid[])
language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_claims uuid[];
begin
    v_claims := array(
        select a.attempt from room.answers a
         where a.result = 'claimed' and a.paid_at is null and a.expired_at is null and a.pay_by <= v_now
         order by a.pay_by limit p_limit for no key update skip locked);
    if cardinality(v_claims) = 0 then
        return query select 0, array[]::uuid[];
        return;
    end if;
    return query select cardinality(v_claims), array(select room.end_claims(v_claims, v_now));
end $$;

-- Puts a viewer in the queue for a sold-out item. Results: waiting, not_sold_out, not_on_sale, limit_reached.
create function room.join_waitlist(p_room text, p_visitor text, p_item uuid, p_quantity integer, p_now timestamptz default null)
returns text
language plpgsql as $$
declare
    v_item record;
    v_held bigint;
begin
    select * into v_item from room.items i where i.item = p_item and i.room = p_room for no key update;
    if not found or v_item.state = 'closed' then
        return 'not_on_sale';
    end if;
    if exists (select 1 from room.waitlist w where w.item = p_item and w.visitor = p_visitor and w.state = 'waiting') then
        return 'waiting';
    end if;
    if v_item.left_units > 0 then
        return 'not_sold_out';
    end if;
    if v_item.limit_per_visitor is not null then
        select coalesce(sum(u.units), 0) into v_held from room.visitor_units u where u.item = p_item and u.visitor = p_visitor;
        if v_held >= v_item.limit_per_visitor then
            return 'limit_reached';
        end if;
    end if;
    insert into room.waitlist (room, item, visitor, quantity, joined_at)
    values (p_room, p_item, p_visitor, p_quantity, coalesce(p_now, clock_timestamp()));
    return 'waiting';
end $$;

-- How a claim stands, in the words viewers get: unpaid, paid, expired, refunding, refunded.
create view room.claim_lives as
    select a.attempt as claim, a.room, a.visitor, a.item, i.title, a.quantity, a.unit_price_fen, a.quantity * a.unit_price_fen as amount_fen,
           a.answered_at as claimed_at, a.pay_by, a.paid_at, a.expired_at,
           case when a.paid_at is not null then 'paid'
                when f.is_owed then 'refunding' when f.is_back then 'refunded'
                when a.expired_at is not null then 'expired' else 'unpaid' end as state,
           exists (select 1 from room.addresses d where d.claim = a.attempt) as address_given,
           a.key like 'waitlist:%' as is_offer
      from room.answers a join room.items i on i.item = a.item
      left join lateral (select bool_or(p.refunded_at is null) as is_owed, bool_or(p.refunded_at is not null) as is_back
                           from room.payments p where p.claim = a.attempt and p.outcome = 'refund_due') f on true
     where a.result = 'claimed';
