/*
 * test_adaptive_limit.c
 *	  How each refusal and each acceptance changes the adaptive limit.
 *	  test_adaptive_limit_service.c tests how well it works.
 */
#include <stdlib.h>

#include "check.h"
#include "core/adaptive_limit.h"

#define MOST 32

/* Requests of one resource, unless others are named. */
typedef struct Client
{
	DcfAdaptiveLimit total;
	DcfAdaptiveLimit resource;
	DcfAdaptiveLimit other;
	DcfAdaptiveLimitTicket tickets[MOST];
	int64_t now;
	int max;
} Client;

static void
begin(Client *client, int max)
{
	dcf_adaptive_limit_init(&client->total);
	dcf_adaptive_limit_init(&client->resource);
	dcf_adaptive_limit_init(&client->other);
	client->now = 1000;
	client->max = max;
}

static bool
has_room(Client *client)
{
	return dcf_adaptive_limit_has_room(&client->total, &client->resource,
									   client->max, client->now);
}

/* What may be under way of the resource. */
static int
limit(const Client *client)
{
	int total = dcf_adaptive_limit_current(&client->total, client->max);
	int resource = dcf_adaptive_limit_current(&client->resource, client->max);

	return total < resource ? total : resource;
}

static void
send_one(Client *client, int i)
{
	dcf_adaptive_limit_send(&client->total, &client->resource, client->max,
							client->now, &client->tickets[i]);
}

static bool
refuse(Client *client, int i)
{
	return dcf_adaptive_limit_refuse(&client->total, &client->resource,
									 &client->tickets[i], client->max, 0,
									 client->now);
}

static void
pass(Client *client, int i)
{
	dcf_adaptive_limit_accept(&client->total, &client->resource,
							  &client->tickets[i], client->now);
	dcf_adaptive_limit_end(&client->total, &client->resource,
						   &client->tickets[i], client->now);
}

/* n concurrent requests, all accepted. */
static void
pass_many(Client *client, int n)
{
	for (int i = 0; i < n; i++)
		send_one(client, i);
	client->now += 50;
	for (int i = 0; i < n; i++)
		pass(client, i);
}

/* A burst of which the service accepts n makes n the limit, in any order. */
static void
learns_from_a_burst(void)
{
	for (int order = 0; order <= 1; order++)
		for (int n = 1; n <= 31; n += 6)
		{
			Client client;

			begin(&client, MOST);
			for (int i = 0; i < MOST; i++)
			{
				CHECK(has_room(&client), "all may go at first");
				send_one(&client, i);
			}
			CHECK(!has_room(&client), "and no more than that");
			client.now += 20;
			for (int i = 0; i < MOST - n; i++)
				CHECK(!refuse(&client, order ? MOST - 1 - i : i), "no probe");
			CHECK(limit(&client) == n, "the limit is known: %d",
				  limit(&client));
			CHECK(!has_room(&client), "and used up");
		}
}

/* A refusal at a level that was recently accepted. */
static void
doubts_one_refusal(void)
{
	Client client;

	begin(&client, 8);
	pass_many(&client, 8);
	for (int i = 0; i < 8; i++)
		send_one(&client, i);
	client.now += 20;
	refuse(&client, 7);
	CHECK(limit(&client) == 8, "changes nothing");
	CHECK(!has_room(&client), "but for a while");
	CHECK(dcf_adaptive_limit_next(&client.total, &client.resource, 8,
								  client.now) ==
			  client.now + DCF_ADAPTIVE_LIMIT_HOLD_MS,
		  "of which the end is known");
	pass(&client, 0);
	CHECK(has_room(&client), "or until one has ended");
	send_one(&client, 0);
	send_one(&client, 7);
	client.now += 20;
	pass(&client, 0);
	send_one(&client, 0);
	pass(&client, 7);
	send_one(&client, 7);
	refuse(&client, 7);
	CHECK(limit(&client) == 8, "nor does another after a success");
}

static void
believes_two_refusals(void)
{
	Client client;

	begin(&client, 8);
	pass_many(&client, 8);
	for (int i = 0; i < 8; i++)
		send_one(&client, i);
	client.now += 20;
	refuse(&client, 7);
	client.now += DCF_ADAPTIVE_LIMIT_HOLD_MS;
	CHECK(has_room(&client), "it is tried again");
	send_one(&client, 7);
	client.now += 20;
	refuse(&client, 7);
	CHECK(limit(&client) == 7, "those that run are what may");
	for (int i = 6; i >= 1; i--)
		refuse(&client, i);
	CHECK(limit(&client) == 4, "not fewer than half in a round trip");
	client.now += DCF_ADAPTIVE_LIMIT_HOLD_MS;
	for (int i = 1; i < 4; i++)
		send_one(&client, i);
	client.now += 20;
	refuse(&client, 3);
	client.now += DCF_ADAPTIVE_LIMIT_HOLD_MS;
	send_one(&client, 3);
	client.now += 20;
	refuse(&client, 3);
	CHECK(limit(&client) == 3, "but in the next");
}

/* A refusal while none of our requests is under way does not lower the limit. */
static void
doubts_one_beside_none(void)
{
	Client client;

	begin(&client, 8);
	send_one(&client, 0);
	CHECK(!refuse(&client, 0), "no probe");
	CHECK(limit(&client) == 8, "changes nothing");
	CHECK(has_room(&client), "and it is tried again");
}

static void
probes(void)
{
	Client client;

	begin(&client, 8);
	for (int i = 0; i < 4; i++)
		send_one(&client, i);
	client.now += 20;
	refuse(&client, 3);
	CHECK(limit(&client) == 3, "three are known");
	pass(&client, 2);
	send_one(&client, 2);
	CHECK(!has_room(&client), "and no more");
	client.now += DCF_PROBE_WAIT_MS;
	CHECK(has_room(&client), "until one more is tried");
	send_one(&client, 3);
	CHECK(!has_room(&client), "but one");
	client.now += 20;
	CHECK(refuse(&client, 3), "a probe");
	CHECK(limit(&client) == 3, "that is refused changes nothing");
	client.now += DCF_PROBE_WAIT_MS;
	CHECK(!has_room(&client), "and is not followed at once");
	for (int i = 0; i < 2; i++)
	{
		pass(&client, 2);
		send_one(&client, 2);
	}
	CHECK(has_room(&client), "but after some that were let through");
	send_one(&client, 3);
	client.now += 20;
	pass(&client, 3);
	CHECK(limit(&client) == 4, "one that is let through is one more");
	send_one(&client, 3);
	CHECK(has_room(&client), "and the next may go at once");
	send_one(&client, 4);
	client.now += DCF_PROBE_PASSED_MS;
	CHECK(has_room(&client) && limit(&client) == 6,
		  "what is not refused soon is let through, and the steps grow");
	dcf_adaptive_limit_end(&client.total, &client.resource, &client.tickets[4],
						   client.now);
	CHECK(limit(&client) == 6, "so that its end changes nothing");
}

/* After a probe that ends without an answer, another one may be sent. */
static void
forgets_a_probe(void)
{
	Client client;

	begin(&client, 8);
	send_one(&client, 0);
	send_one(&client, 1);
	refuse(&client, 1);
	pass(&client, 0);
	send_one(&client, 0);
	client.now += DCF_PROBE_WAIT_MS;
	send_one(&client, 1);
	CHECK(!has_room(&client), "a probe is under way");
	dcf_adaptive_limit_end(&client.total, &client.resource, &client.tickets[1],
						   client.now);
	CHECK(has_room(&client) && limit(&client) == 1, "another one may be");
}

static void
goes_beyond(void)
{
	Client client;

	begin(&client, 5);
	for (int i = 0; i < 5; i++)
		send_one(&client, i);
	refuse(&client, 4);
	CHECK(limit(&client) == 4, "four are known");
	for (int i = 4; i < 7; i++)
		send_one(&client, i);
	CHECK(!refuse(&client, 6), "who goes beyond is no probe");
	CHECK(limit(&client) == 4, "and its refusal no news");
	client.now += 10;
	pass(&client, 5);
	CHECK(limit(&client) > 4, "its success is");
}

/* Which limit a refusal concerns. */
static void
tells_whose_limit(void)
{
	Client client;
	DcfAdaptiveLimitTicket other;

	/* Alone on its resource. */
	begin(&client, 8);
	for (int i = 0; i < 3; i++)
		send_one(&client, i);
	dcf_adaptive_limit_send(&client.total, &client.other, 8, client.now,
							&other);
	dcf_adaptive_limit_refuse(&client.total, &client.other, &other, 8, 0,
							  client.now);
	CHECK(dcf_adaptive_limit_current(&client.total, 8) == 3,
		  "it is the company's");
	CHECK(dcf_adaptive_limit_current(&client.resource, 8) == 8,
		  "and no resource's");
	CHECK(dcf_adaptive_limit_current(&client.other, 8) == 8, "of the two");

	/* As many were recently accepted, but not for this resource. */
	begin(&client, 8);
	for (int i = 0; i < 3; i++)
		send_one(&client, i);
	for (int round = 0; round <= 1; round++)
	{
		dcf_adaptive_limit_send(&client.total, &client.other, 8, client.now,
								&other);
		dcf_adaptive_limit_accept(&client.total, &client.other, &other,
								  client.now);
		dcf_adaptive_limit_end(&client.total, &client.other, &other,
							   client.now);
	}
	send_one(&client, 3);
	refuse(&client, 3);
	CHECK(dcf_adaptive_limit_current(&client.total, 8) == 8,
		  "it is not the company's");
	CHECK(dcf_adaptive_limit_current(&client.resource, 8) == 3,
		  "but the resource's");

	/* Only requests for the resource are under way: others need not wait. */
	begin(&client, 8);
	for (int i = 0; i < 4; i++)
		send_one(&client, i);
	refuse(&client, 3);
	CHECK(dcf_adaptive_limit_current(&client.total, 8) == 8,
		  "it may be either's");
	CHECK(dcf_adaptive_limit_current(&client.resource, 8) == 3, "of the two");

	/* Each resource uses part of the total. */
	client.now += DCF_ADAPTIVE_LIMIT_HOLD_MS;
	CHECK(!has_room(&client), "which is full");
	CHECK(dcf_adaptive_limit_has_room(&client.total, &client.other, 8,
									  client.now),
		  "while another is not");
	CHECK(dcf_adaptive_limit_has_room(&client.total, NULL, 8, client.now),
		  "nor is what has none");
}

static void
has_several_users(void)
{
	Client client;

	begin(&client, 3);
	CHECK(limit(&client) == 3, "a small one");
	CHECK(dcf_adaptive_limit_current(&client.total, 900) == 900,
		  "a large one");
	for (int i = 0; i < 20; i++)
		dcf_adaptive_limit_send(&client.total, NULL, 900, client.now,
								&client.tickets[i]);
	dcf_adaptive_limit_refuse(&client.total, NULL, &client.tickets[19], 900, 0,
							  client.now);
	CHECK(limit(&client) == 3, "the small one has enough");
	CHECK(dcf_adaptive_limit_current(&client.total, 900) == 19,
		  "the large one has not");
}

int
main(void)
{
	RUN(learns_from_a_burst);
	RUN(doubts_one_refusal);
	RUN(believes_two_refusals);
	RUN(doubts_one_beside_none);
	RUN(probes);
	RUN(forgets_a_probe);
	RUN(goes_beyond);
	RUN(tells_whose_limit);
	RUN(has_several_users);
	return check_finish();
}
