# Random values of each type are read exactly as the type's input function reads
# them, byte by byte. DATACONNECT_PROPERTY_VALUES sets how many of each (default 5000).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";

use DataConnectTest;
use Test::More;

use constant SLICE => 50_000;    # values in one reply
my $values = $ENV{DATACONNECT_PROPERTY_VALUES} || 5000;
my $dc     = DataConnectTest->new;
$dc->make_server('dc', timezone => 'America/Regina');

# Some digits, without leading zeros.
$dc->sql(<<'SQL');
ALTER DATABASE postgres SET timezone = 'America/Regina';
CREATE FUNCTION digits(most integer) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT left((random() * 9 + 1)::integer
		|| lpad((random() * 999999999)::bigint::text, 9, '0')
		|| lpad((random() * 999999999)::bigint::text, 9, '0')
		|| lpad((random() * 999999999)::bigint::text, 9, '0'),
		1 + (random() * (most - 1))::integer) $$;
CREATE FUNCTION minus() RETURNS text LANGUAGE sql VOLATILE AS
	$$ SELECT CASE WHEN random() < 0.3 THEN '-' ELSE '' END $$;
CREATE FUNCTION one_of(VARIADIC choice text[]) RETURNS text LANGUAGE sql VOLATILE AS
	$$ SELECT choice[1 + floor(random() * array_length(choice, 1))::integer] $$;
CREATE FUNCTION number(before integer, behind integer) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT minus() || one_of('0', digits(before))
		|| one_of('', '.' || one_of('', '0', '00') || digits(behind)) $$;
CREATE FUNCTION moment() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT to_char(timestamp '1753-01-01' + random() * interval '500 years',
		one_of('YYYY-MM-DD', 'YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD"T"HH24:MI:SS.MS',
			'YYYY-MM-DD HH24:MI:SS.US')) $$;
-- up to 9 fraction digits, zeros at the end cut; many lie half between two microseconds
CREATE FUNCTION fraction() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT coalesce('.' || nullif(rtrim(left(lpad(floor(random() * 1e8)::text, 8, '0'),
		(random() * 8)::integer) || one_of('', '5'), '0'), ''), '') $$;
CREATE FUNCTION fine() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT to_char(timestamp '1753-01-01' + random() * interval '500 years', 'YYYY-MM-DD"T"HH24:MI:SS')
		|| fraction() $$;
SQL

# Type, an expression that makes one text, and whether the text is a JSON value
# (otherwise it is sent as a string).
my @cases = (
	[ 'smallint', q{one_of('32767', '-32768', '0', '-0', minus() || digits(4))}, 1 ],
	[ 'integer', q{one_of('2147483647', '-2147483648', minus() || digits(9))}, 1 ],
	[ 'bigint',
		q{one_of('9223372036854775807', '-9223372036854775808', minus() || digits(18))}, 1 ],
	[ 'bigint', q{minus() || one_of('0', '007') || digits(14)}, 0 ],
	[ 'numeric', q{number(28, 25) || one_of('', '', '', 'e5', 'E-7')}, 1 ],
	[ 'numeric', q{one_of('+', '') || one_of('.5', '5.', '0005.50', '.0', '0.000')}, 0 ],
	[ 'numeric(19,4)', q{number(14, 7)}, 1 ],
	[ 'numeric(10,4)', q{number(5, 9)}, 1 ],
	[ 'numeric(6,2)', q{one_of(number(3, 4), '9999.99', '-9999.994')}, 1 ],
	[ 'numeric(30,20)', q{number(9, 25)}, 1 ],
	[ 'numeric(4,-2)', q{number(5, 2)}, 1 ],
	[ 'numeric(5,0)', q{one_of(number(4, 2), '99999.4', '-99999')}, 1 ],
	[ 'float8', q{number(22, 22) || one_of('', '', '', 'e12', 'E-300')}, 1 ],
	[ 'float8', q{one_of('-0', '-0.0', '0', '9007199254740993', '0.1', '123456.789e-5')}, 1 ],
	[ 'real', q{number(10, 10)}, 1 ],
	[ 'boolean', q{one_of('true', 'false', '0', '1')}, 1 ],
	[ 'boolean', q{one_of('t', 'F', 'Yes', 'no', 'on', 'OFF', '1', 'TRUE')}, 0 ],
	[ 'text', q{repeat(one_of('a"b', 'é', '東京', E'x\\y\n', chr(128512), ' '), (random() * 40)::integer)}, 0 ],
	[ 'varchar(7)', q{left(repeat(one_of('ab', 'é', '東'), 4), (random() * 7)::integer)}, 0 ],
	[ 'uuid', q{one_of(gen_random_uuid()::text, upper(gen_random_uuid()::text),
		replace(gen_random_uuid()::text, '-', ''), '{' || gen_random_uuid() || '}')}, 0 ],
	[ 'timestamp', 'moment()', 0 ],
	[ 'timestamp(0)', 'moment()', 0 ],
	[ 'timestamptz', q{moment()}, 0 ],
	[ 'timestamp', 'fine()', 0 ],
	[ 'timestamp(3)', 'fine()', 0 ],
	[ 'timestamptz', q{fine() || one_of('', 'Z', '+05:30')}, 0 ],
	[ 'timestamptz(6)', q{fine() || one_of('', 'Z')}, 0 ],
	[ 'date', 'fine()', 0 ],
	[ 'time', 'substr(fine(), 12)', 0 ],
	[ 'timestamp[]', q{'{' || fine() || ',' || fine() || '}'}, 0 ],
	[ 'timestamptz[]', q{'{"' || fine() || 'Z"}'}, 0 ],
	[ 'tsrange', q{'[' || fine() || ',)'}, 0 ],
	[ 'tstzrange', q{'(,' || fine() || 'Z]'}, 0 ],
	[ 'interval', q{substr(fine(), 12)}, 0 ],
	[ 'date', q{left(moment(), 10)}, 0 ],
	[ 'time', q{to_char(random() * interval '86399 seconds', one_of('HH24:MI', 'HH24:MI:SS', 'HH24:MI:SS.US'))}, 0 ],
	[ 'json', q{json_build_object('a', number(5, 5), one_of('b', 'é'), ARRAY[1, NULL])::text}, 1 ],
	[ 'json', q{to_json(one_of('a"b', E'\t', 'é', 'x y'))::text}, 1 ],
	[ 'jsonb', q{json_build_object('a', number(5, 5), one_of('b', 'é'), ARRAY[1, NULL])::text}, 1 ]);

my $n = 0;
for my $case (@cases)
{
	my ($type, $expression, $as_is) = @$case;
	my $name = 'case_' . ++$n;
	my $json = $as_is ? 't' : 'to_json(t)';

	$dc->sql("SELECT setseed(0.5); CREATE TABLE ${name}_said AS SELECT i, $expression AS t
		FROM generate_series(1, $values) i");
	$dc->sql("CREATE FOREIGN TABLE $name (i integer OPTIONS (name 'I'),
		v $type OPTIONS (name 'V')) SERVER dc OPTIONS (endpoint '/case/$n')");

	my $wrong = '0|';
	for (my $after = 0; $after < $values && $wrong eq '0|'; $after += SLICE)
	{
		my $slice = "(SELECT * FROM ${name}_said WHERE i > $after AND i <= $after + ${\ SLICE})";
		my $body = $dc->sql("SELECT string_agg('{\"I\":' || i || ',\"V\":' || $json || '}', ','
			ORDER BY i) FROM $slice said");
		$dc->document("/case/$n", "[$body]");

		# NULLs are tested elsewhere.
		$wrong = $dc->sql("SELECT count(*) FILTER (WHERE said.i IS NULL OR got.i IS NULL OR
				record_image_ne(ROW(got.v), ROW(said.t::$type))),
				min(format('%s: %s', said.t, got.v::text)) FILTER (WHERE
				record_image_ne(ROW(got.v), ROW(said.t::$type)))
			FROM $slice said FULL JOIN $name got USING (i)");
	}
	is($wrong, '0|', "$type of $expression");
}

done_testing();
