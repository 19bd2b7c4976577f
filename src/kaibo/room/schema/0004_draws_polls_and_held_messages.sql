-- Messages kept back wait for a person's decision.
alter table room.messages add column decided_at timestamptz;
alter table room.messages add column is_shown boolean;
alter table room.messages add check (decided_at is null or (verdict = 'review' and is_shown is not null));
create index messages_held on room.messages (room, message) where verdict = 'review' and decided_at is null;
