// JDBC with a fetch size, as in README.md. Its statements are prepared on the server, unless
// the property prepareThreshold is 0.
import java.sql.*;
import java.time.*;
import java.util.*;

public class JdbcClient {
    static Connection connection;

    static void show(Object... fields) {
        List<String> texts = new ArrayList<>();
        for (Object field : fields) texts.add(field == null ? "(null)" : field.toString());
        System.out.println(String.join(" ", texts));
    }

    static long count(PreparedStatement statement, int n) throws SQLException {
        statement.setInt(1, n);
        try (ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getLong(1);
        }
    }

    static PreparedStatement prepareCount() throws SQLException {
        return connection.prepareStatement("SELECT count(*) FROM rows WHERE n = ?");
    }

    static void metadata() throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        ResultSet tables = data.getTables(null, "public", null, new String[] {"FOREIGN TABLE"});
        while (tables.next()) show("table", tables.getString("TABLE_NAME"), tables.getString("REMARKS"));
        ResultSet columns = data.getColumns(null, "public", "rows", null);
        while (columns.next()) show("column", columns.getString("COLUMN_NAME"), columns.getString("REMARKS"));
    }

    static void prepared() throws SQLException {
        PreparedStatement statement = prepareCount();
        for (int n = 1; n <= 8; n++) show("count", n, count(statement, n));
    }

    static void early() throws SQLException {
        connection.setAutoCommit(false);
        PreparedStatement statement = connection.prepareStatement("SELECT id FROM rows WHERE n = ?");
        statement.setFetchSize(5);
        statement.setInt(1, 100000);
        ResultSet result = statement.executeQuery();
        for (int i = 0; i < 10 && result.next(); i++) show("id", result.getInt(1));
        result.close();
        connection.commit();
        show("after", count(prepareCount(), 3));
    }

    static void values() throws SQLException {
        connection.setAutoCommit(false);
        connection.createStatement().execute("SET LOCAL TIME ZONE 'America/New_York'");
        ResultSet result = connection.createStatement().executeQuery(
            "SELECT amount, moment, nothing, flag, name FROM exact");
        result.next();
        show("amount", result.getBigDecimal(1));
        OffsetDateTime moment = result.getObject(2, OffsetDateTime.class);
        show("moment", moment.atZoneSameInstant(ZoneId.of("America/New_York")).toOffsetDateTime());
        show("nothing", result.getObject(3));
        show("flag", result.getBoolean(4));
        show("name", result.getString(5));
    }

    static void cancel() throws SQLException {
        Statement statement = connection.createStatement();
        Thread thread = new Thread(() -> {
            try {
                System.in.read();
                statement.cancel();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        thread.setDaemon(true);
        thread.start();
        try {
            statement.executeQuery("SELECT count(*) FROM rows WHERE n = 40");
        } catch (SQLException error) {
            show("state", error.getSQLState());
        }
    }

    public static void main(String[] arguments) throws Exception {
        // Java has no Unix sockets of PostgreSQL: the cluster listens on 127.0.0.1.
        Map<String, String> env = System.getenv();
        connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + env.get("PGPORT") + "/"
            + env.get("PGDATABASE") + "?prepareThreshold=" + Integer.getInteger("prepareThreshold", 1)
            + "&user=" + env.get("PGUSER"));
        JdbcClient.class.getDeclaredMethod(arguments[0]).invoke(null);
    }
}
