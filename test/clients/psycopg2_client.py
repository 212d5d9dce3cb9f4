"""psycopg2, as in README.md."""

import sys
import threading

import psycopg2

ROWS = "SELECT count(*) FROM rows WHERE n = %s"


def connect():
    connection = psycopg2.connect("")
    connection.autocommit = True
    return connection


def show(*fields):
    print(*("(null)" if field is None else field for field in fields), flush=True)


def metadata():
    cursor = connect().cursor()
    cursor.execute("SELECT c.relname, obj_description(c.oid) FROM pg_class c"
                   " WHERE c.relkind = 'f' ORDER BY 1")
    for row in cursor:
        show("table", *row)
    cursor.execute("SELECT * FROM rows WHERE n = 1")
    names = [column.name for column in cursor.description]
    for number, name in enumerate(names, 1):
        cursor.execute("SELECT col_description('rows'::regclass, %s)", (number,))
        show("column", name, cursor.fetchone()[0])


def prepared():
    cursor = connect().cursor()
    cursor.execute("PREPARE counted (int) AS SELECT count(*) FROM rows WHERE n = $1")
    for n in range(1, 9):
        cursor.execute("EXECUTE counted (%s)", (n,))
        show("count", n, cursor.fetchone()[0])
    cursor.execute("DEALLOCATE counted")


def early():
    connection = connect()
    connection.autocommit = False
    with connection, connection.cursor("long") as cursor:
        cursor.itersize = 5
        cursor.execute("SELECT id FROM rows WHERE n = 100000")
        for _ in range(10):
            show("id", cursor.fetchone()[0])
    cursor = connection.cursor()
    cursor.execute(ROWS, (3,))
    show("after", cursor.fetchone()[0])


def values():
    connection = connect()
    connection.autocommit = False
    cursor = connection.cursor()
    cursor.execute("SET LOCAL TIME ZONE 'America/New_York'")
    cursor.execute("SELECT amount, moment, nothing, flag, name FROM exact")
    amount, moment, nothing, flag, name = cursor.fetchone()
    show("amount", amount)
    show("moment", moment.isoformat())
    show("nothing", nothing)
    show("flag", str(flag).lower())
    show("name", name)


def cancel():
    connection = connect()

    def wait():
        sys.stdin.readline()
        connection.cancel()

    threading.Thread(target=wait, daemon=True).start()
    try:
        connection.cursor().execute("SELECT count(*) FROM rows WHERE n = 40")
    except psycopg2.Error as error:
        show("state", error.pgcode)


globals()[sys.argv[1]]()
