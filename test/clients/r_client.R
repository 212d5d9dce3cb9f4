# RPostgreSQL, as in README.md. It cannot cancel a query: it waits in PQexec(), without a look
# at signals, and has no function for it. For the same reason dbClearResult() comes after the
# last row, and only a cursor can be closed early. dbListFields() knows no foreign tables.
suppressPackageStartupMessages(library(RPostgreSQL))

step <- commandArgs(trailingOnly = TRUE)[1]
connection <- dbConnect(PostgreSQL(), host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT"),
                        user = Sys.getenv("PGUSER"), dbname = Sys.getenv("PGDATABASE"))
show_line <- function(...) cat(..., "\n", sep = " ")
text_of <- function(value) if (is.na(value)) "(null)" else format(value, scientific = FALSE)

if (step == "metadata") {
  tables <- dbGetQuery(connection, "SELECT relname, obj_description(oid) AS comment FROM pg_class
                                     WHERE relkind = 'f' ORDER BY 1")
  for (i in seq_len(nrow(tables))) show_line("table", tables$relname[i], text_of(tables$comment[i]))
  result <- dbSendQuery(connection, "SELECT * FROM rows WHERE n = 1")
  columns <- dbColumnInfo(result)$name
  invisible(dbClearResult(result))
  for (column in columns)
    show_line("column", column, text_of(dbGetQuery(connection, "
      SELECT col_description(attrelid, attnum) AS comment FROM pg_attribute
       WHERE attrelid = 'rows'::regclass AND attname = $1", column)$comment))
} else if (step == "prepared") {
  invisible(dbGetQuery(connection, "PREPARE counted (int) AS SELECT count(*) FROM rows WHERE n = $1"))
  for (n in 1:8) show_line("count", n, dbGetQuery(connection, sprintf("EXECUTE counted (%d)", n))$count)
} else if (step == "early") {
  invisible(dbGetQuery(connection, "BEGIN"))
  invisible(dbGetQuery(connection, "DECLARE long CURSOR FOR SELECT id FROM rows WHERE n = 100000"))
  for (part in 1:2) for (id in dbGetQuery(connection, "FETCH 5 FROM long")$id) show_line("id", id)
  invisible(dbGetQuery(connection, "CLOSE long"))
  invisible(dbGetQuery(connection, "COMMIT"))
  show_line("after", dbGetQuery(connection, "SELECT count(*) FROM rows WHERE n = $1", 3)$count)
} else if (step == "values") {
  # R has no decimal numbers: a numeric becomes a double, of which 15 digits are right. Times
  # lose their zone. As text both are whole.
  invisible(dbGetQuery(connection, "BEGIN"))
  invisible(dbGetQuery(connection, "SET LOCAL TIME ZONE 'America/New_York'"))
  row <- dbGetQuery(connection, "SELECT amount::text, moment::text, nothing, flag, name FROM exact")
  invisible(dbGetQuery(connection, "COMMIT"))
  row$moment <- sub("([+-][0-9]{2})$", "\\1:00", sub(" ", "T", row$moment))
  row$flag <- tolower(row$flag)
  for (column in names(row)) show_line(column, text_of(row[[column]]))
}
invisible(dbDisconnect(connection))
