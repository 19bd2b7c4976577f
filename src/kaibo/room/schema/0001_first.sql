-- The room's own tables. Only kaibo.room writes here; the back of house goes through room/backoffice.py.
-- Lock order everywhere: the room row, then item rows (by item), then visitor rows. See docs/room.md.

create table room.rooms (
    room text primary key check (room ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'),
    title text not null check (title <> ''),
    operator text not null,
    host text not null,
    company text not null,
    video_url text not null default '',
    state text not null default 'planned' check (state in ('planned', 'live', 'paused', 'ended')),
    starts_at timestamptz,
    current_item uuid,
    is_bench boolean not null default false,
    pay_within_seconds integer not null default 900 check (pay_within_seconds > 0),
    last_event bigint not null default 0 check (last_event >= 0),
    likes bigint not null default 0 check (likes >= 0),
    created_at timestamptz not null default now()
);

create table room.items (
    item uuid primary key,
    room text not null references room.rooms,
    allotment uuid not null unique,
    sku_code text not null,
    title text not null check (title <> ''),
    image_url text not null default '',
    price_fen bigint not null check (price_fen >= 0),
    price_version integer not null default 1 check (price_version > 0),
    reference_price_fen bigint check (reference_price_fen > 0),
    limit_per_visitor integer check (limit_per_visitor > 0),
    position integer not null default 0,
    state text not null default 'paused' check (state in ('on_sale', 'paused', 'closed')),
    stock_units bigint not null default 0 check (stock_units >= 0),
    claimed_units bigint not null default 0 check (claimed_units >= 0),
    returned_units bigint not null default 0 check (returned_units >= 0),
    withdrawn_units bigint not null default 0 check (withdrawn_units >= 0),
    left_units bigint not null default 0 check (left_units >= 0),
    put_up_at timestamptz not null default now(),
    closed_at timestamptz,
    check (left_units = stock_units - claimed_units + returned_units - withdrawn_units),
    check (returned_units <= claimed_units),
    check ((state = 'closed') = (closed_at is not null)),
    check (state <> 'closed' or left_units = 0)
);
create index items_by_room on room.items (room, position);

-- One row for each idempotency key: what was asked and what was answered, refusals too.
create table room.answers (
    attempt uuid primary key,
    room text not null,
    visitor text not null,
    key text not null check (key <> ''),
    item uuid not null,
    quantity integer not null check (quantity > 0),
    result text not null check (result in ('claimed', 'sold_out', 'limit_reached', 'not_on_sale')),
    unit_price_fen bigint check (unit_price_fen >= 0),
    price_version integer,
    answered_at timestamptz not null,
    pay_by timestamptz,
    answered_again integer not null default 0 check (answered_again >= 0),
    returned_units integer not null default 0 check (returned_units between 0 and quantity),
    settled_at timestamptz,
    constraint one_answer_for_each_key unique (room, visitor, key),
    check ((result = 'claimed') = (unit_price_fen is not null)),
    check ((result = 'claimed') = (pay_by is not null)),
    check (result = 'claimed' or (returned_units = 0 and settled_at is null))
);
create index answers_unsettled on room.answers (attempt) where result = 'claimed' and settled_at is null;

create view room.claims as
    select attempt as claim, room, visitor, key, item, quantity, unit_price_fen, price_version,
           quantity * unit_price_fen as amount_fen, answered_at as claimed_at, pay_by, returned_units, settled_at
      from room.answers where result = 'claimed';

-- How much of a limited item one visitor holds. Written only for items with a limit.
create table room.visitor_units (
    item uuid not null references room.items,
    visitor text not null,
    units bigint not null check (units >= 0),
    primary key (item, visitor)
);

-- Every change of an item's left_units: one row for each batch of claims, one for each other change.
create table room.movements (
    movement bigint generated always as identity primary key,
    item uuid not null references room.items,
    kind text not null check (kind in ('allotted', 'claimed', 'returned', 'withdrawn')),
    units bigint not null check (units > 0),
    claim uuid,
    moved_at timestamptz not null default now(),
    check ((kind = 'returned') = (claim is not null))
);
create index movements_by_item on room.movements (item, kind);
create unique index a_claim_returns_once on room.movements (claim) where claim is not null;

-- Reliable events of the stream, numbered per room without gaps.
create table room.events (
    room text not null references room.rooms,
    seq bigint not null check (seq > 0),
    kind text not null check (kind in ('item', 'stock', 'price', 'notice', 'draw', 'poll', 'answer', 'state')),
    body json not null,
    announced_at timestamptz not null default clock_timestamp(),
    primary key (room, seq)
);

-- What the stream last said about an item's stock; written only while the room row is locked.
create table room.announced_stock (
    item uuid primary key references room.items,
    left_units bigint not null,
    stock_units bigint not null
);

create table room.notices (
    notice uuid primary key,
    room text not null references room.rooms,
    text text not null check (text <> ''),
    posted_at timestamptz not null default now()
);
create index notices_by_room on room.notices (room, posted_at);

create table room.messages (
    message uuid primary key,
    room text not null references room.rooms,
    visitor text not null,
    nickname text not null,
    text text not null,
    verdict text not null check (verdict in ('pass', 'review', 'block')),
    hits json not null default '[]',
    sent_at timestamptz not null
);
create index messages_by_room on room.messages (room, sent_at);

-- Viewers a room process has right now; rows of dead processes grow old and no longer count.
create table room.presence (
    process uuid not null,
    room text not null references room.rooms,
    viewers integer not null check (viewers >= 0),
    seen_at timestamptz not null default now(),
    primary key (process, room)
);

-- The secret that signs visitor tokens: one for the installation, so several room processes agree.
create table room.secrets (
    name text primary key,
    secret bytea not null check (length(secret) >= 32)
);
