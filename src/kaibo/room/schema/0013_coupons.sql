-- Coupons 优惠券: issued by the desk, taken by viewers, used when a claim is paid. Lock order: claims, items, visitor rows,
-- then a coupon's row, then takes. A take is free, bound to a claim whose payment was opened with it, or used.

create table room.coupons (
    coupon uuid primary key,
    room text not null references room.rooms,
    off_fen bigint check (off_fen > 0),
    off_bp integer check (off_bp between 1 and 9999),
    cap_fen bigint check (cap_fen > 0),
    threshold_fen bigint not null check (threshold_fen >= 0),
    units integer not null check (units > 0),
    taken_units integer not null default 0,
    limit_per_visitor integer not null check (limit_per_visitor > 0),
    items uuid[] check (cardinality(items) > 0),
    valid_until timestamptz not null,
    issued_at timestamptz not null,
    withdrawn_at timestamptz,
    check ((off_fen is null) <> (off_bp is null)),
    check (cap_fen is null or off_bp is not null),
    check (off_fen is null or threshold_fen > off_fen),
    constraint never_more_taken_than_issued check (taken_units between 0 and units)
);
create index coupons_of_a_room on room.coupons (room, issued_at);

create table room.coupon_takes (
    take uuid primary key,
    coupon uuid not null references room.coupons,
    visitor text not null,
    place integer not null check (place > 0),
    key text not null,
    taken_at timestamptz not null,
    claim uuid,
    used_at timestamptz,
    constraint one_take_a_key unique (coupon, visitor, key),
    constraint one_take_a_place unique (coupon, visitor, place),
    check (used_at is null or claim is not null)
);
create index takes_of_a_claim on room.coupon_takes (claim) where claim is not null;

create table room.announced_coupons (
    coupon uuid primary key references room.coupons,
    taken_units integer not null
);

alter table room.payments add column take uuid references room.coupon_takes;
alter table room.payments add column discount_fen bigint not null default 0;
alter table room.payments add constraint a_discount_has_its_coupon check (discount_fen >= 0 and (take is null) = (discount_fen = 0));
create index payments_of_a_take on room.payments (take) where take is not null;

-- What a coupon takes off an amount; kaibo.kit.coupons.discount_fen is the same.
create function room.coupon_discount(p_off_fen bigint, p_off_bp integer, p_cap_fen bigint, p_threshold_fen bigint, p_amount bigint)
returns bigint language sql immutable as $$
    select case when p_amount < greatest(p_threshold_fen, 1) then 0
                else least(coalesce(p_off_fen, least(p_amount * p_off_bp / 10000, p_cap_fen)), p_amount - 1) end
$$;

-- A coupon as viewers see it: in the snapshot and in each `coupon` event. `over` is for viewers' clocks to find.
create function room.coupon_card(c room.coupons) returns json
language sql stable as $$
    select json_build_object(
        'coupon', c.coupon, 'state', case when c.withdrawn_at is null then 'open' else 'withdrawn' end, 'off_fen', c.off_fen,
        'off_bp', c.off_bp, 'cap_fen', c.cap_fen, 'threshold_fen', c.threshold_fen, 'units', c.units, 'left', c.units - c.taken_units,
        'limit_per_visitor', c.limit_per_visitor, 'items', c.items, 'valid_until', c.valid_until, 'issued_at', c.issued_at)
$$;

-- Gives coupons to viewers, one commit a batch, and never one too many: the coupons' rows are held, in the order of
-- their ids. Results: taken (again with the same key: the same take), none_left, limit_reached, withdrawn, over,
-- no_such_coupon.
create function room.take_coupons(
    p_takes uuid[], p_coupons uuid[], p_rooms text[], p_visitors text[], p_keys text[], p_now timestamptz default null)
returns table (n integer, result text, take uuid)
language plpgsql as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_ask record;
    v_coupon room.coupons;
    v_take uuid;
    v_held integer;
    v_result text;
begin
    perform 1 from room.coupons c where c.coupon = any(p_coupons) order by c.coupon for no key update;
    v_now := coalesce(p_now, clock_timestamp());
    for v_ask in
        select t.* from unnest(p_takes, p_coupons, p_rooms, p_visitors, p_keys) with ordinality as t(take, coupon, room, visitor, key, n)
         order by t.n
    loop
        v_take := null;
        select c.* into v_coupon from room.coupons c where c.coupon = v_ask.coupon and c.room = v_ask.room;
        if not found then
            v_result := 'no_such_coupon';
        else
            select k.take into v_take from room.coupon_takes k
             where k.coupon = v_ask.coupon and k.visitor = v_ask.visitor and k.key = v_ask.key;
            select count(*) into v_held from room.coupon_takes k where k.coupon = v_ask.coupon and k.visitor = v_ask.visitor;
            v_result := case when v_take is not null then 'taken' when v_coupon.withdrawn_at is not null then 'withdrawn'
                             when v_coupon.valid_until <= v_now then 'over' when v_held >= v_coupon.limit_per_visitor then 'limit_reached'
                             when v_coupon.taken_units >= v_coupon.units then 'none_left' else 'new' end;
        end if;
        if v_result = 'new' then
            insert into room.coupon_takes (take, coupon, visitor, place, key, taken_at)
            values (v_ask.take, v_ask.coupon, v_ask.visitor, v_held + 1, v_ask.key, v_now);
            update room.coupons c set taken_units = c.taken_units + 1 where c.coupon = v_ask.coupon;
            v_take := v_ask.take;
            v_result := 'taken';
        end if;
        return query select v_ask.n::integer, v_result, v_take;
    end loop;
end $$;

-- Tells how many are left, where that is news; in a transaction of its own, because it holds the room's row.
create function room.announce_coupons(p_room text, p_coupons uuid[]) returns integer
language plpgsql as $$
declare
    v_one record;
    v_told integer := 0;
begin
    perform 1 from room.rooms r where r.room = p_room for no key update;
    for v_one in
        select c.coupon, c.taken_units, room.coupon_card(c) as card from room.coupons c
          left join room.announced_coupons a on a.coupon = c.coupon
         where c.room = p_room and c.coupon = any(p_coupons) and a.taken_units is distinct from c.taken_units order by c.coupon
    loop
        insert into room.announced_coupons (coupon, taken_units) values (v_one.coupon, v_one.taken_units)
        on conflict (coupon) do update set taken_units = excluded.taken_units;
        perform room.announce(p_room, 'coupon', v_one.card);
        v_told := v_told + 1;
    end loop;
    return v_told;
end $$;

-- Binds one of a viewer's takes of a coupon to a claim about to be paid. The caller holds the claim's row. Results: bound,
-- coupon_not_taken, coupon_in_use, coupon_not_for_item, coupon_below_threshold, coupon_over. A withdrawn coupon that was
-- taken stays good.
create function room.bind_coupon(p_coupon uuid, p_claim uuid, p_now timestamptz, out result text, out take uuid, out discount_fen bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    v_claim record;
    v_coupon room.coupons;
begin
    select a.room, a.visitor, a.item, a.quantity * a.unit_price_fen as amount_fen into v_claim from room.answers a where a.attempt = p_claim;
    select c.* into v_coupon from room.coupons c where c.coupon = p_coupon and c.room = v_claim.room;
    perform 1 from room.coupon_takes k where k.coupon = p_coupon and k.visitor = v_claim.visitor order by k.place for update;
    if v_coupon.coupon is null or not exists (select 1 from room.coupon_takes k where k.coupon = p_coupon and k.visitor = v_claim.visitor) then
        result := 'coupon_not_taken';
        return;
    end if;
    discount_fen := room.coupon_discount(v_coupon.off_fen, v_coupon.off_bp, v_coupon.cap_fen, v_coupon.threshold_fen, v_claim.amount_fen);
    select k.take into take from room.coupon_takes k
     where k.coupon = p_coupon and k.visitor = v_claim.visitor and k.used_at is null and (k.claim is null or k.claim = p_claim)
     order by k.claim is null, k.place limit 1;
    result := case when v_coupon.items is not null and v_claim.item <> all(v_coupon.items) then 'coupon_not_for_item'
                   when discount_fen = 0 then 'coupon_below_threshold' when v_coupon.valid_until <= p_now then 'coupon_over'
                   when take is null then 'coupon_in_use' else 'bound' end;
    if result = 'bound' then
        update room.coupon_takes k set claim = p_claim where k.take = bind_coupon.take;
    end if;
end $$;

-- A claim that ends unpaid gives its coupon back to its owner, whoever ends it.
create function room.free_coupons() returns trigger
language plpgsql as $$
begin
    update room.coupon_takes k set claim = null where k.claim = new.attempt and k.used_at is null;
    return null;
end $$;
create trigger an_ended_claim_frees_its_coupon after update of expired_at on room.answers
    for each row when (old.expired_at is null and new.expired_at is not null) execute function room.free_coupons();

-- Books one payment that is not the usual one. Its claim and item are locked by the caller. A late payment keeps the amount it was opened
-- with, so its coupon must still be free. Else the claim stays ended.
create or replace function room.take_payment_alone(
    p_channel text, p_payment uuid, p_transaction text, p_amount bigint, p_paid_at timestamptz, p_now timestamptz)
returns table (outcome text, is_repeat boolean, claim uuid, items uuid[])
language plpgsql as $$
#variable_conflict use_column
declare
    v_paid record;
    v_claim record;
    v_item record;
    v_held bigint := 0;
    v_outcome text := 'refund_due';
    v_reason text;
begin
    select * into v_paid from room.payments p where p.payment = p_payment and p.channel = p_channel;
    if not found or (v_paid.transaction is not null and v_paid.transaction <> p_transaction)
       or exists (select 1 from room.payments p where p.channel = p_channel and p.transaction = p_transaction and p.payment <> p_payment) then
        return query select 'unknown', false, null::uuid, '{}'::uuid[];
        return;
    end if;
    if v_paid.outcome is not null then
        return query select v_paid.outcome, true, v_paid.claim, '{}'::uuid[];
        return;
    end if;
    select * into v_claim from room.answers a where a.attempt = v_paid.claim;
    select * into v_item from room.items i where i.item = v_claim.item;
    if v_paid.amount_fen <> p_amount then
        v_reason := 'amount_wrong';
    elsif v_claim.paid_at is not null then
        v_reason := 'paid_twice';
    elsif v_claim.expired_at is null then
        v_outcome := 'in_time';
    else
        if v_item.limit_per_visitor is not null then
            select coalesce(sum(u.units), 0) into v_held from room.visitor_units u
             where u.item = v_item.item and u.visitor = v_claim.visitor;
        end if;
        if v_paid.take is not null then
            perform 1 from room.coupon_takes k where k.take = v_paid.take for update;
        end if;
        if v_item.state = 'closed' or v_claim.returned_units = 0 or v_item.left_units < v_claim.quantity
           or v_held + v_claim.quantity > coalesce(v_item.limit_per_visitor, v_held + v_claim.quantity)
           or exists (select 1 from room.coupon_takes k where k.take = v_paid.take and k.claim is not null) then
            v_reason := 'expired';
        else
            v_outcome := 'late';
        end if;
    end if;

    if v_outcome = 'late' then
        update room.items i set returned_units = i.returned_units - v_claim.quantity, left_units = i.left_units - v_claim.quantity
         where i.item = v_item.item;
        insert into room.movements (item, kind, units, claim, moved_at)
        values (v_item.item, 'reclaimed', v_claim.quantity, v_claim.attempt, p_now);
        if v_item.limit_per_visitor is not null then
            update room.visitor_units u set units = u.units + v_claim.quantity
             where u.item = v_item.item and u.visitor = v_claim.visitor;
        end if;
    end if;
    if v_outcome <> 'refund_due' then
        update room.answers a
           set paid_at = p_paid_at, returned_units = case when v_outcome = 'late' then 0 else a.returned_units end
         where a.attempt = v_claim.attempt;
    end if;
    update room.payments p
       set transaction = p_transaction, received_fen = p_amount, paid_at = p_paid_at, noticed_at = p_now,
           outcome = v_outcome, refund_reason = v_reason
     where p.payment = p_payment;
    insert into room.turns (claim, kind, payment, at)
    values (v_claim.attempt, case v_outcome when 'in_time' then 'paid' else v_outcome end, p_payment, p_now);
    return query select v_outcome, false, v_claim.attempt, case when v_outcome = 'late' then array[v_item.item] else '{}'::uuid[] end;
end $$;
