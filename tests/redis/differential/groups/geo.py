"""Places on the earth."""
from values import BAD_FLOATS, EXTREMES, NUMBERS, choose, usually

COMMANDS = """
    GEOADD key {longitude latitude place}
    GEOADD key {longitude latitude place} longitude latitude place {longitude latitude place}
    GEOADD key {(NX|XX|CH)} {longitude latitude place}
    GEOADD key {(NX|XX|CH|junk)} longitude latitude place longitude latitude place
    GEODIST key place place [unit]
    GEOHASH key {place}
    GEOPOS key {place}
    GEORADIUS key longitude latitude radius unit
    GEORADIUS key longitude latitude radius unit {(WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT \
        count|ANY)}
    GEORADIUS key longitude latitude radius unit [COUNT count [ANY]] [(ASC|DESC)] (STORE\
        |STOREDIST) key
    GEORADIUS key longitude latitude radius unit {(STORE key|STOREDIST key|ASC|COUNT count\
        |WITHDIST|junk)}
    GEORADIUS_RO key longitude latitude radius unit {(WITHDIST|COUNT picks|ANY|DESC|STORE key|junk)}
    GEORADIUSBYMEMBER key place radius unit
    GEORADIUSBYMEMBER key place radius unit {(WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT picks\
        |ANY|STORE key)}
    GEORADIUSBYMEMBER_RO key place radius unit {(WITHDIST|COUNT picks|ANY|DESC|STORE key|junk)}
    GEOSEARCH key FROMMEMBER place BYRADIUS radius unit [(ASC|DESC)] [COUNT picks [ANY]] [WITHDIST]
    GEOSEARCH key FROMLONLAT longitude latitude BYBOX radius radius unit [(ASC|DESC)] [COUNT \
        picks [ANY]] [WITHCOORD]
    GEOSEARCH key {(FROMMEMBER place|FROMLONLAT longitude latitude|BYRADIUS radius unit|BYBOX \
        radius radius unit|COUNT count|WITHHASH|ANY|junk)} ASC ASC
    GEOSEARCHSTORE key key FROMMEMBER place BYBOX radius radius unit [COUNT picks [ANY]] [STOREDIST]
    GEOSEARCHSTORE key key FROMLONLAT longitude latitude BYRADIUS radius unit [COUNT picks] \
        [DESC] [STOREDIST]
    GEOSEARCHSTORE key key {(FROMMEMBER place|FROMLONLAT longitude latitude|BYRADIUS radius \
        unit|STOREDIST|WITHDIST|junk)} ASC ASC
    ZADD key oddscore place
    ZRANGE key 0 -1 WITHSCORES
    SET key value
"""

def degrees(most, corners, outside):
    def between(r):
        return f"{r.uniform(-most, most):.{r.randrange(12)}f}"

    return usually(0.5, choose(*corners),
                   usually(0.95, between, choose(*BAD_FLOATS, *outside)))


def radius(r):
    if r.random() < 0.9:
        return f"{10 ** r.uniform(-3, 7.5):.{r.randrange(8)}f}"
    return r.choice(["0", "-0.0", "1e300", "1e-300", "1e308", "inf", "-1", *BAD_FLOATS])


VALUES = {
    "latitude": degrees(85, ["0", "38.115556", "38.115557", "37", "40.7", "85.05112878",
                             "-85.05112878", "66", "-80.5"], ["85.06", "-90"]),
    "longitude": degrees(180, ["0", "13.361389", "13.3613891", "15", "-73.9", "180", "-180",
                               "179.99", "90"], ["180.01"]),
    "oddscore": choose(*NUMBERS, *EXTREMES, "inf", "-inf", "1.5", "1e300", "4503599627370496"),
    "place": usually(0.9, lambda r: f"p{r.randrange(90)}", choose("", "1", "2", "x" * 65, "-7")),
    "radius": radius,
    "unit": usually(0.98, choose("m", "km", "M", "Km", "ft", "mi", "FT"), choose("", "yd", "mm")),
}
