-- Each member of the extension, with its DDL, comment and privileges, and what else
-- belongs to it. Two databases with the same extension print the same.
SELECT pg_describe_object(classid, objid, 0),
    obj_description(objid, classid::regclass::text::name),
    CASE WHEN classid = 'pg_proc'::regclass
        THEN pg_get_functiondef(objid)
        WHEN classid = 'pg_class'::regclass
        THEN pg_get_viewdef(objid)
            || (SELECT string_agg(concat_ws(' ', attname,
                    format_type(atttypid, atttypmod), attnotnull,
                    pg_get_expr(adbin, adrelid),
                    col_description(attrelid, attnum)),
                    E'\n' ORDER BY attnum)
                FROM pg_attribute LEFT JOIN pg_attrdef
                    ON adrelid = attrelid AND adnum = attnum
                WHERE attrelid = objid AND attnum > 0)
        ELSE '' END,
    CASE classid WHEN 'pg_proc'::regclass
        THEN (SELECT proacl::text FROM pg_proc WHERE oid = objid)
        WHEN 'pg_class'::regclass
        THEN (SELECT relacl::text FROM pg_class WHERE oid = objid) END
FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension
        WHERE extname = 'dataconnect_fdw')
ORDER BY pg_describe_object(classid, objid, 0) COLLATE "C";

SELECT 'index', pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_depend ON objid = indrelid
WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'dataconnect_fdw')
    AND deptype = 'e'
UNION ALL
SELECT 'constraint', conrelid::regclass || ' ' || pg_get_constraintdef(pg_constraint.oid)
FROM pg_constraint JOIN pg_depend ON pg_depend.objid = conrelid
WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'dataconnect_fdw')
    AND deptype = 'e'
UNION ALL
SELECT 'options', relname || reloptions::text
FROM pg_class JOIN pg_depend ON objid = pg_class.oid
WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'dataconnect_fdw')
    AND reloptions IS NOT NULL
UNION ALL
SELECT 'extension', concat_ws(' ', extversion, extrelocatable, extconfig::regclass[], extcondition)
FROM pg_extension WHERE extname = 'dataconnect_fdw'
UNION ALL
SELECT 'event trigger', concat_ws(' ', evtname, evtevent, evtfoid::regproc, evtenabled, evttags)
FROM pg_event_trigger
ORDER BY 1, 2;
\dx+ dataconnect_fdw
