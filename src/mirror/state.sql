-- The mirror, part 1: what is known of each mirror.
--
-- A mirror is a local table (the target) that is kept like a foreign table (the source). The
-- state is in tables that only the database's owner may read. The functions, which run as
-- their caller, use the views over them, which show and change the mirrors of the caller
-- alone. Policies would do the same, but pg_dump would dump those of an extension's tables as
-- well, and the restore would fail.

-- A dump has the rows of these tables as texts. One name of a table that was not restored must not
-- make all of them unreadable, so their columns have a type of their own: regclass but for its input.
CREATE TYPE dataconnect_relation;

CREATE FUNCTION dataconnect_relation_in(cstring)
RETURNS dataconnect_relation
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION dataconnect_relation_out(dataconnect_relation)
RETURNS cstring
AS 'regclassout'
LANGUAGE internal STABLE STRICT PARALLEL SAFE;

CREATE TYPE dataconnect_relation (
    INPUT = dataconnect_relation_in,
    OUTPUT = dataconnect_relation_out,
    LIKE = regclass
);

CREATE CAST (dataconnect_relation AS regclass) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (dataconnect_relation AS oid) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (regclass AS dataconnect_relation) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON FUNCTION dataconnect_relation_in(cstring) IS 'input of type dataconnect_relation';
COMMENT ON FUNCTION dataconnect_relation_out(dataconnect_relation) IS 'output of type dataconnect_relation';
COMMENT ON TYPE dataconnect_relation
IS 'a relation, as regclass, for the state of mirrors; a name that no relation has is read as 0';

CREATE TABLE dataconnect_mirror_state (
    target dataconnect_relation PRIMARY KEY,
    source dataconnect_relation NOT NULL,
    by_column name,
    since date,
    step interval,
    live interval,
    late interval,
    key_columns name[],
    params text NOT NULL DEFAULT '',
    outside text NOT NULL DEFAULT 'refuse',
    modified_column name,
    fetched_at_column name,
    managed boolean NOT NULL,
    source_columns name[],
    storage text[],
    unlogged boolean NOT NULL DEFAULT false,
    live_table dataconnect_relation,
    horizon date,
    refreshed_at timestamptz,
    result text,
    -- Owners may change these by hand, and others see what follows from them.
    CONSTRAINT dataconnect_mirror_days CHECK (by_column IS NULL OR (
        since IS NOT NULL AND horizon IS NOT NULL AND since >= '0001-01-01' AND horizon <= '9999-12-31' AND since <= horizon
        AND step IS NOT NULL AND step = date_trunc('day', step) AND step BETWEEN '1 day' AND '1000 years'
        AND live IS NOT NULL AND live = date_trunc('day', live) AND live BETWEEN '0' AND '1000 years'
        AND late IS NOT NULL AND late = date_trunc('day', late) AND late BETWEEN '0' AND '1000 years')),
    CONSTRAINT dataconnect_mirror_key CHECK (key_columns <> '{}' AND array_position(key_columns, NULL) IS NULL),
    CONSTRAINT dataconnect_mirror_outside CHECK (outside IN ('refuse', 'error'))
);

COMMENT ON TABLE dataconnect_mirror_state
IS 'one row for each mirror, as dataconnect_mirror() made it; read the view dataconnect_mirrors instead';
COMMENT ON COLUMN dataconnect_mirror_state.target IS 'table that the mirror fills';
COMMENT ON COLUMN dataconnect_mirror_state.source IS 'foreign table that is mirrored';
COMMENT ON COLUMN dataconnect_mirror_state.by_column IS 'column of the target by which rows are placed in periods; NULL if the whole table is compared';
COMMENT ON COLUMN dataconnect_mirror_state.since IS 'first day that is mirrored; days are those of the column''s time zone';
COMMENT ON COLUMN dataconnect_mirror_state.step IS 'length of a period: whole days, or whole months';
COMMENT ON COLUMN dataconnect_mirror_state.live IS 'how many days, counted back from today, the service answers; 0: none';
COMMENT ON COLUMN dataconnect_mirror_state.late IS 'how many days before the horizon each refresh reads again';
COMMENT ON COLUMN dataconnect_mirror_state.key_columns IS 'columns by which changed rows are told from new ones; NULL: none';
COMMENT ON COLUMN dataconnect_mirror_state.params IS 'query string with values for the source''s other parameter columns';
COMMENT ON COLUMN dataconnect_mirror_state.outside IS 'what happens to rows that the service returns outside of the asked period: ''refuse'' (counted, with a warning) or ''error''';
COMMENT ON COLUMN dataconnect_mirror_state.modified_column IS 'of a whole table: column by which only modified rows are asked for, or NULL';
COMMENT ON COLUMN dataconnect_mirror_state.fetched_at_column IS 'column of the target with the time at which the row was fetched, or NULL';
COMMENT ON COLUMN dataconnect_mirror_state.managed IS 'whether dataconnect_mirror() created the target and its partitions; otherwise only rows are written';
COMMENT ON COLUMN dataconnect_mirror_state.source_columns IS 'columns that the source''s reply had at the last refresh, by which new, gone and renamed ones are told; at first those at the time of dataconnect_mirror()';
COMMENT ON COLUMN dataconnect_mirror_state.storage IS 'storage parameters of the first partition, such as fillfactor=90; later ones have those of the partition before';
COMMENT ON COLUMN dataconnect_mirror_state.unlogged IS 'whether the first partition is unlogged; later ones are as the partition before';
COMMENT ON COLUMN dataconnect_mirror_state.live_table IS 'partition that the service answers; NULL if there is none';
COMMENT ON COLUMN dataconnect_mirror_state.horizon IS 'first day that is not in the local partitions';
COMMENT ON COLUMN dataconnect_mirror_state.refreshed_at IS 'time at which the last refresh ended; NULL before the first';
COMMENT ON COLUMN dataconnect_mirror_state.result IS '''ok'', or why the last refresh ended early';

CREATE TABLE dataconnect_mirror_period_state (
    target dataconnect_relation NOT NULL,
    period_from date NOT NULL,
    period_to date NOT NULL,
    loaded_at timestamptz NOT NULL,
    records bigint NOT NULL,
    rejected bigint NOT NULL,
    request text,
    added bigint,
    changed bigint,
    vanished bigint,
    PRIMARY KEY (target, period_from)
);

COMMENT ON TABLE dataconnect_mirror_period_state
IS 'one row for each loaded period of a mirror; read the view dataconnect_mirror_periods instead';
COMMENT ON COLUMN dataconnect_mirror_period_state.target IS 'table that the mirror fills';
COMMENT ON COLUMN dataconnect_mirror_period_state.period_from IS 'first day';
COMMENT ON COLUMN dataconnect_mirror_period_state.period_to IS 'day after the last';
COMMENT ON COLUMN dataconnect_mirror_period_state.loaded_at IS 'time at which rows of the period were last read; -infinity if they were lost since';
COMMENT ON COLUMN dataconnect_mirror_period_state.records IS 'rows of the period that are in the target';
COMMENT ON COLUMN dataconnect_mirror_period_state.rejected IS 'rows that the service returned outside of the asked period, and that were left out';
COMMENT ON COLUMN dataconnect_mirror_period_state.request IS 'last request of the period, or the first of several';
COMMENT ON COLUMN dataconnect_mirror_period_state.added IS 'rows that were new when days of the period were last read again; NULL before';
COMMENT ON COLUMN dataconnect_mirror_period_state.changed IS 'rows that had changed then';
COMMENT ON COLUMN dataconnect_mirror_period_state.vanished IS 'rows that had vanished then';

CREATE TABLE dataconnect_mirror_pending_state (
    target dataconnect_relation NOT NULL,
    pending dataconnect_relation PRIMARY KEY,
    table_oid oid NOT NULL,
    period_from date NOT NULL,
    period_to date NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_xid xid8 NOT NULL,
    records bigint NOT NULL,
    rejected bigint NOT NULL,
    request text,
    shape text NOT NULL,
    folded text
);

COMMENT ON TABLE dataconnect_mirror_pending_state
IS 'one row for each table that is loaded with days of a mirror and will be attached once no snapshot is older';
COMMENT ON COLUMN dataconnect_mirror_pending_state.target IS 'table that the mirror fills';
COMMENT ON COLUMN dataconnect_mirror_pending_state.pending IS 'table that will be a partition of it';
COMMENT ON COLUMN dataconnect_mirror_pending_state.table_oid IS 'its OID when loaded_xid was noted; a restored table has another one';
COMMENT ON COLUMN dataconnect_mirror_pending_state.period_from IS 'first day';
COMMENT ON COLUMN dataconnect_mirror_pending_state.period_to IS 'day after the last';
COMMENT ON COLUMN dataconnect_mirror_pending_state.loaded_at IS 'time at which its rows were read';
COMMENT ON COLUMN dataconnect_mirror_pending_state.loaded_xid IS 'transaction that loaded it';
COMMENT ON COLUMN dataconnect_mirror_pending_state.records IS 'its rows';
COMMENT ON COLUMN dataconnect_mirror_pending_state.rejected IS 'rows that the service returned outside of the asked period, and that were left out';
COMMENT ON COLUMN dataconnect_mirror_pending_state.request IS 'the request, or the first of several';
COMMENT ON COLUMN dataconnect_mirror_pending_state.shape IS 'hash of the definitions of the mirror and its source when it was loaded';
COMMENT ON COLUMN dataconnect_mirror_pending_state.folded IS 'if it is to replace partitions: what their rows were when they were copied';

REVOKE ALL ON dataconnect_mirror_state, dataconnect_mirror_period_state, dataconnect_mirror_pending_state FROM PUBLIC;

-- Dumps contain the rows, with the names of the tables. The owner of the database can dump it
-- without being a superuser, and other roles need pg_read_all_data for that anyway.
GRANT SELECT ON dataconnect_mirror_state, dataconnect_mirror_period_state, dataconnect_mirror_pending_state TO pg_database_owner;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.dataconnect_mirror_state', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.dataconnect_mirror_period_state', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.dataconnect_mirror_pending_state', '');

CREATE FUNCTION dataconnect_mirror_is_mine(target regclass)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_class WHERE oid = target AND pg_has_role(relowner, 'USAGE'))
$$;

COMMENT ON FUNCTION dataconnect_mirror_is_mine(regclass)
IS 'whether the caller has the rights of a table''s owner; decides which mirrors the caller''s functions see';

CREATE VIEW dataconnect_mirror_mine WITH (security_barrier) AS
SELECT * FROM dataconnect_mirror_state
WHERE dataconnect_mirror_is_mine(target)
WITH CASCADED CHECK OPTION;

COMMENT ON VIEW dataconnect_mirror_mine
IS 'the rows of dataconnect_mirror_state whose target the caller owns, for the functions of the mirror';

CREATE VIEW dataconnect_mirror_period_mine WITH (security_barrier) AS
SELECT * FROM dataconnect_mirror_period_state
WHERE dataconnect_mirror_is_mine(target)
WITH CASCADED CHECK OPTION;

COMMENT ON VIEW dataconnect_mirror_period_mine
IS 'the rows of dataconnect_mirror_period_state whose target the caller owns, for the functions of the mirror';

CREATE VIEW dataconnect_mirror_pending_mine WITH (security_barrier) AS
SELECT * FROM dataconnect_mirror_pending_state
WHERE dataconnect_mirror_is_mine(target)
WITH CASCADED CHECK OPTION;

COMMENT ON VIEW dataconnect_mirror_pending_mine
IS 'the rows of dataconnect_mirror_pending_state whose target the caller owns, for the functions of the mirror';

GRANT SELECT, INSERT, UPDATE, DELETE ON dataconnect_mirror_mine, dataconnect_mirror_period_mine, dataconnect_mirror_pending_mine TO PUBLIC;
