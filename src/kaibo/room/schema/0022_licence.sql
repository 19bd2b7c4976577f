-- What the operator's business licence says beside name and code, shown on the room's licence page (facts/law L2, L4): company_type,
-- legal_person, registered_capital, registered_address. What the operator has not said is left out, and the page says that it is missing.
alter table room.rooms add column licence jsonb not null default '{}' check (jsonb_typeof(licence) = 'object');
