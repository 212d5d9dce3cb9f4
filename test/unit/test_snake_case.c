/*
 * test_snake_case.c
 *	  SQL names from the service's names.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/snake_case.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* A copy of exactly the text's size, so that overruns are detected. */
static char *
bare(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	return copy;
}

static void
snake(void)
{
	static const struct
	{
		const char *name;
		const char *result;
	} cases[] = {
		{"InvoiceIDByStore", "invoice_id_by_store"},
		{"LocationTypeIDs", "location_type_ids"},
		{"IDs", "ids"},
		{"SKUsSold", "skus_sold"},
		{"APIs", "apis"},
		{"PAWIsOn", "paw_is_on"},
		{"IsUsed", "is_used"},
		{"DateAsOf", "date_as_of"},
		{"SBShippedAway", "sb_shipped_away"},
		{"CompletedRMAsReport", "completed_rmas_report"},
		{"RQCompanyTreeNode", "rq_company_tree_node"},
		{"ID #", "id_no"},
		{"#", "no"},
		{"a#b", "a_no_b"},
		{"Margin %", "margin_percent"},
		{"50%off", "_50_percent_off"},
		{"State / Prov", "state_prov"},
		{"Tax1Amount", "tax1_amount"},
		{"Address2", "address2"},
		{"RateORServicePlan2SOC", "rate_or_service_plan2_soc"},
		{"PT_DoubleOTVacationEarned", "pt_double_ot_vacation_earned"},
		{"Comment_on_OE", "comment_on_oe"},
		{"ORDINAL_POSITION", "ordinal_position"},
		{"isValid", "is_valid"},
		{"access_token", "access_token"},
		{"iQclerk_eMailIDs", "iqclerk_email_ids"},
		{"X", "x"},
		{"2ndName", "_2nd_name"},
		{"__a__b__", "a_b"},
		{"\"quoted\"", "quoted"},
		{"two\nlines", "two_lines"},
		{"Größe", "größe"},
		{"店舗", "店舗"},
		{"", "unnamed"},
		{" / ", "unnamed"},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		char *name = bare(cases[i].name);
		size_t len = strlen(cases[i].name);
		char result[256];
		size_t n = dcf_snake_case(name, len, result, sizeof(result) - 1);

		result[n] = '\0';
		CHECK(strcmp(result, cases[i].result) == 0, "%s: %s", cases[i].name,
			  result);
		CHECK(n <= 8 * len + 8, "%s: the stated bound", cases[i].name);
		free(name);
	}
}

/* A result that does not fit is cut, but its whole length is returned. */
static void
snake_cut(void)
{
	char result[] = "####";

	CHECK(dcf_snake_case("StoreName", 9, result, 3) == 10, "whole length");
	CHECK(memcmp(result, "sto#", 4) == 0, "no byte beyond the room");
	CHECK(dcf_snake_case("StoreName", 9, NULL, 0) == 10, "no room at all");
}

static void
borrow_case(void)
{
	static const struct
	{
		const char *name;
		const char *other;
		const char *result;
	} cases[] = {
		{"inventorylistingreport", "InventoryListingReport",
		 "InventoryListingReport"},
		{"cardtypes", "CardType", "CardTypes"},
		{"forwhoids", "ForWho", "ForWhoIds"},
		{"chargebacksummaryreport", "ChargeBackSummaryReportLocation",
		 "ChargeBackSummaryReport"},
		{"vendorreport_bystore", "VendorReport", "VendorReport_bystore"},
		{"languages", "LanguageCode", "languages"},
		{"store", "Storewide", "store"},
		{"SalesReport", "SALESREPORT", "SalesReport"},
		{"stores", "", "stores"},
		{"", "Store", ""},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		char *name = bare(cases[i].name);
		char *other = bare(cases[i].other);
		size_t len = strlen(cases[i].name);
		char *result = malloc(len + 1);

		dcf_snake_case_borrow(name, len, other, strlen(cases[i].other),
							  result);
		result[len] = '\0';
		CHECK(strcmp(result, cases[i].result) == 0, "%s with %s: %s",
			  cases[i].name, cases[i].other, result);
		free(name);
		free(other);
		free(result);
	}
}

int
main(void)
{
	RUN(snake);
	RUN(snake_cut);
	RUN(borrow_case);
	return check_finish();
}
