#!/bin/sh
# psql, as in README.md. That of PostgreSQL 15 has no prepared statements of the protocol:
# those of SQL do the same.
psql="psql -Xqt -v ON_ERROR_STOP=1 -P format=unaligned -P null=(null)"

case $1 in
	metadata)
		# Its own commands do not use null.
		$psql -c '\det+ public.*' | awk -F '|' '{ print "table", $2, $5 == "" ? "(null)" : $5 }'
		$psql -c '\d+ rows' | awk -F '|' '{ print "column", $1, $9 == "" ? "(null)" : $9 }'
		;;
	prepared)
		$psql -F ' ' <<-'END'
			PREPARE counted (int) AS SELECT 'count', $1, count(*) FROM rows WHERE n = $1;
			SELECT format('EXECUTE counted (%s)', n) FROM generate_series(1, 8) n \gexec
		END
		;;
	early)
		# psql reads no further once its output is closed.
		$psql -F ' ' <<-'END'
			\set FETCH_COUNT 5
			SELECT 'id', id FROM rows WHERE n = 100000 \g |head -n 10
			SELECT 'after', count(*) FROM rows WHERE n = 3;
		END
		;;
	values)
		$psql -F ' ' -P expanded=on <<-'END' |
			BEGIN;
			SET LOCAL TIME ZONE 'America/New_York';
			SELECT amount, moment, nothing, flag, name FROM exact;
			COMMIT;
		END
			sed -e '/^moment/ { s/ /T/2; s/[+-][0-9][0-9]$/&:00/; }' -e 's/^flag t$/flag true/'
		;;
	cancel)
		# Ctrl-C.
		{
			$psql -v VERBOSITY=sqlstate -c 'SELECT count(*) FROM rows WHERE n = 40' 2>&1 &
			read -r _ <&3
			kill -INT $!
			wait $!
		} 3<&0 | sed -n 's/^ERROR: */state /p'
		;;
esac
