"""The made-up retailer: places, people, products.  Seed and scale determine all of it."""

import datetime
import hashlib
import random
import zlib

MONEY = 10000           # ten-thousandths in one unit of money
LANGUAGES = ("en-us", "fr-ca", "es-mx")

REGIONS = ("Region A", "Region B", "Québec", "Südwest")
CHANNELS = ("English Channel", "Regina Channel", "Canal français")
STORE_TYPES = ("Retail Store", "Kiosk", "Warehouse")
DISTRICTS = ("Valley Area District", "Westminster", "District B2", "Lake \"North\"",
             "Côte-Nord", "Smith, Jones & Co", "Old Town", "Harbour\\Dock", "Uptown",
             "Prairie")
STREETS = ("84 West", "Cornwall", "Dufferin Mall", "Millhaven", "Place Ville-Marie",
           "König Passage", "O'Hare \"Plaza\"", "Harbour, Pier 4", "Backslash\\Lane",
           "Two Line\nOutlet", "東京 Corner", "Elm Street")
FIRST = ("Ann", "Bob", "Zoë", "Dmitri", "José", "Keiko", "Liam", "Mary Ann", "Noël", "Søren",
         "Priya", "Quinn", "Ruth", "Sam", "Tomasz", "Uma")
LAST = ("Smith", "O'Brien", "Müller", "García", "Tanaka", "van der Berg", "Łukasik", "Jones",
        "Fox", "Smith, Jr.", "Roberts", "Kim", "Noon", "Okafor", "D\"Arcy", "White")
VENDORS = ("Brightpoint", "Reliance", "Offwire", "Dymaxx", "A.C.P", "LTD Wireless", "AT&T",
           "Verizon", "Société Télé", "North \"Star\" Supply", "Comma, Inc.", "Wholesale <One>")
MANUFACTURERS = ("LG", "Samsung", "Apple", "Motorola", "Nokia", "HTC", "Novatel", "Otter")
CITIES = (("Regina", "SK", "Canada", "S4P 3Y2"), ("Fargo", "ND", "United States", "58102"),
          ("Montréal", "QC", "Canada", "H2X 1Y4"),
          ("Panama City", "FL", "United States", "32404"))

# number, name, products sold: (share of lines, price from, price to, serialized)
CATEGORIES = (
    ("10", "All", None),
    ("1010", "Phones", None),
    ("101010", "Smartphones", (14, 199, 1299, True)),
    ("101011", "Feature Phones", (4, 29, 149, True)),
    ("1011", "Activations", None),
    ("101110", "Rate Plans", (14, 0, 5, False)),
    ("101111", "Features", (10, 0, 20, False)),
    ("1012", "Accessories", None),
    ("101210", "Cases", (18, 9, 59, False)),
    ("101211", "Chargers & Cables", (14, 5, 49, False)),
    ("101212", "Screen Protectors", (12, 7, 39, False)),
    ("1013", "Services", None),
    ("101310", "Repairs", (4, 20, 249, False)),
    ("101311", "Gift Cards", (3, 10, 100, True)),
    ("101312", "Vendor Rebates", (7, 5, 60, False)),
)
PRODUCTS_PER_CATEGORY = 12

FRENCH = {
    "Retail Store": "Magasin de détail", "Kiosk": "Kiosque", "Warehouse": "Entrepôt",
    "All": "Tout", "Phones": "Téléphones", "Smartphones": "Téléphones intelligents",
    "Feature Phones": "Téléphones de base", "Activations": "Activations",
    "Rate Plans": "Forfaits", "Features": "Options", "Accessories": "Accessoires",
    "Cases": "Étuis", "Chargers & Cables": "Chargeurs et câbles",
    "Screen Protectors": "Protecteurs d'écran", "Services": "Services",
    "Repairs": "Réparations", "Gift Cards": "Cartes-cadeaux",
    "Vendor Rebates": "Remises fournisseur", "Cash": "Comptant", "Enabled": "Activé",
    "Disabled": "Désactivé", "Scratched": "Égratigné", "Damaged": "Endommagé",
    "Write Off": "Radiation", "Swiped": "Glissée", "Keyed": "Saisie", "Yes": "Oui",
    "No": "Non",
}


def guid(*parts):
    """A UUID in the form of version 5, the same for the same parts."""
    h = hashlib.sha1(" ".join(map(str, parts)).encode()).hexdigest()
    return "%s-%s-5%s-a%s-%s" % (h[:8], h[8:12], h[12:15], h[15:18], h[18:30])


def pick(number, choices):
    return choices[number % len(choices)]


def mix(number, name):
    """A repeatable number from a key and a name, well spread."""
    value = ((number ^ zlib.crc32(name.encode())) * 0x9E3779B97F4A7C15) & (2 ** 64 - 1)
    return value >> 24


class Place:
    """A region, district, channel or store type: a number and a name."""

    def __init__(self, id, name):
        self.id = id
        self.name = name
        self.entity = 14000 + zlib.crc32(name.encode()) % 9000 * 10 + id % 10


class Store:
    def __init__(self, id, region, district, channel, type, entities):
        self.id = id
        self.region = region
        self.district = district
        self.channel = channel
        self.type = type
        street = pick(id - 1, STREETS)
        # Each street's first store has its bare name, the others are numbered.
        self.name = street if id <= len(STREETS) else "%s #%d" % (street, id)
        self.abbr = "%s%03d" % ("".join(c for c in street.upper() if "A" <= c <= "Z")[:2], id)
        self.entity = entities + id
        self.employees = []


class Employee:
    def __init__(self, id, store):
        self.id = id
        self.store = store
        self.first = pick(mix(id, "first"), FIRST)
        self.last = pick(mix(id, "last"), LAST)
        self.name = "%s %s" % (self.first, self.last)
        self.username = "user.%d" % id
        self.entity = 44000 + id
        self.enabled = id % 9 != 0


class Category:
    def __init__(self, number, name, parents):
        self.number = number
        self.name = name
        self.path = "".join(" >> " + n for n in parents + [name])[1:]
        self.path_fr = "".join(" >> " + FRENCH[n] for n in parents + [name])[1:]


class Product:
    def __init__(self, id, category, sku, vendor, manufacturer, shape, rng):
        _, low, high, self.serialized = shape
        self.id = id
        self.category = category
        self.sku = sku
        self.vendor = vendor
        self.manufacturer = manufacturer
        self.price = rng.randint(low * 100, high * 100) * (MONEY // 100)
        # Costs have four decimal places.
        self.cost = self.price * rng.randint(3000, 8500) // 10000
        self.name = "%s %s %s" % (manufacturer.name, category.name.rstrip("s"),
                                  rng.choice(("Mini", "32GB - Gold", "6.1\" Pro", "\"X\", black",
                                              "édition", "Plus", "100% Wool", "S/M")))
        # 0 regular, 1 vendor rebate, 2 non-stocked, 3 gift card
        self.special = {"101312": 1, "101110": 2, "101111": 2, "101310": 2,
                        "101311": 3}.get(category.number, 0)


class Customer:
    def __init__(self, id):
        self.id = id
        self.first = pick(mix(id, "cf"), FIRST)
        self.last = pick(mix(id, "cl"), LAST)
        self.name = "%s %s" % (self.first, self.last)
        self.city, self.province, self.country, self.postal = pick(mix(id, "city"), CITIES)
        self.address = "%d %s" % (mix(id, "no") % 900 + 1, pick(mix(id, "st"), STREETS))
        self.company = "" if id % 3 else "KENTEL \"%d\" Ltd." % (id % 50)
        self.type = 3 if id % 3 else 0
        self.phone = "555%07d" % (mix(id, "tel") % 10 ** 7)
        self.created = FIRST_DAY * 86_400_000 + mix(id, "born") % (DAYS * 86_400) * 1000


FIRST_DAY = datetime.date(2024, 1, 1).toordinal() - datetime.date(1970, 1, 1).toordinal()
DAYS = (datetime.date(2027, 1, 1) - datetime.date(2024, 1, 1)).days
# Sales go on, so that a window of the last days has some, whatever day it is.
SALES_DAYS = (datetime.date(2041, 1, 1) - datetime.date(2024, 1, 1)).days
CUSTOMERS = 2000        # at scale 1


class Company:
    def __init__(self, seed=1, scale=1, entities=50000):
        self.seed = seed
        self.scale = max(1, scale)
        self.entities = entities
        rng = self.rng("company")
        self.regions = [Place(i, n) for i, n in enumerate(REGIONS, 1)]
        self.districts = [Place(i, n) for i, n in enumerate(DISTRICTS, 1)]
        self.channels = [Place(i, n) for i, n in enumerate(CHANNELS, 1)]
        self.store_types = [Place(i, n) for i, n in enumerate(STORE_TYPES, 1)]
        self.vendors = [Place(i, n) for i, n in enumerate(VENDORS, 1)]
        self.manufacturers = [Place(i, n) for i, n in enumerate(MANUFACTURERS, 1)]
        self.stores = [self._store(i, rng) for i in range(1, 40 * self.scale + 1)]
        self.employees = [self._hire(i) for i in range(1, 5 * len(self.stores) + 1)]
        self._catalogue(rng)
        self.customers = CUSTOMERS * self.scale
        self._customers = {}

    def rng(self, *parts):
        return random.Random(" ".join(map(str, (self.seed,) + parts)))

    def _store(self, id, rng):
        district = self.districts[(id - 1) % len(self.districts)]
        # All stores of a district are in the same region.
        region = self.regions[(district.id - 1) % len(self.regions)]
        kind = self.store_types[rng.choice((0, 0, 0, 1, 1, 2))]
        return Store(id, region, district, rng.choice(self.channels), kind, self.entities)

    def _hire(self, id):
        store = self.stores[(id - 1) % len(self.stores)]
        employee = Employee(id, store)
        store.employees.append(employee)
        return employee

    def _catalogue(self, rng):
        self.categories, self.products, self.weights = [], [], []
        names = {number: name for number, name, _ in CATEGORIES}
        for number, name, shape in CATEGORIES:
            parents = [names[number[:n]] for n in range(4, len(number), 2)]
            category = Category(number, name, parents)
            self.categories.append(category)
            for _ in range(PRODUCTS_PER_CATEGORY if shape else 0):
                id = len(self.products) + 1
                sku = "%s%s%06d" % ("ABCDEFGH"[id % 8], category.name[:3].upper().strip(), id)
                self.products.append(Product(
                    id, category, sku, rng.choice(self.vendors),
                    rng.choice(self.manufacturers), shape, rng))
                self.weights.append(shape[0])
        total, self.cumulative = 0, []
        for weight in self.weights:
            total += weight
            self.cumulative.append(total)

    def customer(self, id):
        found = self._customers.get(id)
        if found is None:
            found = self._customers[id] = Customer(id)
        return found

    def translations(self, language):
        """{English text: its translation} for a LanguageCode."""
        if (language or "").lower() != "fr-ca":
            return {}
        texts = dict(FRENCH)
        for category in self.categories:
            texts[category.path] = category.path_fr
        return texts
