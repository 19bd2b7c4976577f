-- Admission stands in 0006_door.sql. A database that has its first form, with other arguments, lets go of it here.
drop function if exists room.admit(uuid[], integer[], integer[], text[], text[], text[], integer[], uuid[], integer[]);
