"""The made-up brand: names, accounts, campaigns, shares and rates. Data only; how files are written lives elsewhere.

Fjellbrygg roasts coffee for people who drink it outdoors and sells in Norway and Sweden, with a few orders from Denmark,
Finland and Germany. All domains end in `.example`, so no address in the files can belong to anybody.
"""

from dataclasses import dataclass
from typing import Final

SITE: Final = "https://www.fjellbrygg.example"


@dataclass(frozen=True)
class Kind:
    """One way in which people reach the site.

    `permille` is its share of all sessions; `source` and `medium` are what its links are tagged with (None: never
    tagged); `rates` are conversions per 10 000 sessions on the first and on the last day, by conversion type in the
    order lead, email_signup, webinar_registration, order.
    """

    name: str
    permille: int
    channel: str
    platform: str | None
    source: str | None
    medium: str | None
    is_social: bool
    is_paid: bool
    rates: tuple[tuple[int, int], ...]


ORGANIC_RATES: Final = ((30, 60), (85, 110), (30, 35), (65, 95))
PAID_RATES: Final = ((80, 115), (50, 55), (28, 32), (48, 73))
NO_RATES: Final = ((0, 0), (0, 0), (0, 0), (0, 0))

KINDS: Final = (
    Kind("instagram_organic", 185, "Organic Social", "instagram", "instagram", "social", True, False, ORGANIC_RATES),
    Kind("facebook_organic", 95, "Organic Social", "facebook", "facebook", "social", True, False, ORGANIC_RATES),
    Kind("tiktok_organic", 60, "Organic Social", "tiktok", "tiktok", "social", True, False, ORGANIC_RATES),
    Kind("youtube_organic", 40, "Organic Video", "youtube", "youtube", "video", True, False, ORGANIC_RATES),
    Kind("meta_ads_instagram", 85, "Paid Social", "instagram", "instagram", "paid_social", True, True, PAID_RATES),
    Kind("meta_ads_facebook", 60, "Paid Social", "facebook", "facebook", "paid_social", True, True, PAID_RATES),
    Kind("tiktok_ads", 20, "Paid Social", "tiktok", "tiktok", "paid_social", True, True, PAID_RATES),
    Kind(
        "newsletter", 65, "Email", None, "newsletter", "email", False, False, ((10, 10), (0, 0), (60, 60), (180, 180))
    ),
    Kind(
        "google_organic",
        140,
        "Organic Search",
        None,
        None,
        None,
        False,
        False,
        ((40, 40), (40, 40), (10, 10), (90, 90)),
    ),
    Kind("google_ads", 45, "Paid Search", None, "google", "cpc", False, True, ((50, 50), (20, 20), (0, 0), (140, 140))),
    Kind("bing_organic", 12, "Organic Search", None, None, None, False, False, ((30, 30), (20, 20), (0, 0), (80, 80))),
    Kind("direct", 125, "Direct", None, None, None, False, False, ((25, 25), (25, 25), (10, 10), (130, 130))),
    Kind("referral", 25, "Referral", None, None, None, False, False, ((10, 10), (30, 30), (0, 0), (50, 50))),
    Kind("payment_return", 12, "Direct", None, None, None, False, False, NO_RATES),
    Kind("ai_assistant", 16, "AI Assistant", None, None, None, False, False, ((40, 40), (20, 20), (0, 0), (100, 100))),
    Kind("bot", 15, "Direct", None, None, None, False, False, NO_RATES),
)
CONVERSION_TYPES: Final = ("lead", "email_signup", "webinar_registration", "order")


@dataclass(frozen=True)
class Fault:
    """A way in which a link is mistyped: what it does to the URL, and the status that the UTM standard then gives."""

    name: str
    status: str


CLEAN: Final = "none"
FAULTS: Final = (
    Fault(CLEAN, "compliant"),
    Fault("referrer_only", "missing"),
    Fault("in_app_only", "missing"),
    Fault("click_id_only", "missing"),
    Fault("alias_source", "repaired"),
    Fault("alias_medium", "repaired"),
    Fault("campaign_case", "repaired"),
    Fault("upper_case_keys", "repaired"),
    Fault("semicolons", "repaired"),
    Fault("escaped_ampersand", "repaired"),
    Fault("double_encoding", "repaired"),
    Fault("after_fragment", "repaired"),
    Fault("second_question_mark", "repaired"),
    Fault("no_campaign", "incomplete"),
    Fault("unknown_medium", "invalid"),
    Fault("unexpanded_macro", "invalid"),
)

_READABLE: Final = {
    "upper_case_keys": 4,
    "semicolons": 2,
    "escaped_ampersand": 4,
    "double_encoding": 2,
    "after_fragment": 3,
    "second_question_mark": 2,
    "campaign_case": 4,
}
# How often each fault happens to the links of a kind, in parts of the kind's faults. Paid links never lose the tags that
# say they were paid for, except TikTok's, whose click id says so: otherwise nobody could know the true answer.
FAULT_WEIGHTS: Final[dict[str, dict[str, int]]] = {
    "instagram_organic": {
        "referrer_only": 32,
        "in_app_only": 16,
        "alias_source": 14,
        "alias_medium": 7,
        "no_campaign": 7,
        "unknown_medium": 3,
        **_READABLE,
    },
    "facebook_organic": {
        "referrer_only": 27,
        "in_app_only": 12,
        "click_id_only": 9,
        "alias_source": 14,
        "alias_medium": 7,
        "no_campaign": 7,
        "unknown_medium": 3,
        **_READABLE,
    },
    "tiktok_organic": {
        "referrer_only": 34,
        "in_app_only": 14,
        "alias_source": 12,
        "alias_medium": 7,
        "no_campaign": 7,
        **_READABLE,
    },
    "youtube_organic": {"referrer_only": 50, "alias_source": 15, "no_campaign": 10, **_READABLE},
    "meta_ads_instagram": {
        "alias_source": 34,
        "alias_medium": 18,
        "no_campaign": 8,
        "unexpanded_macro": 19,
        **_READABLE,
    },
    "meta_ads_facebook": {
        "alias_source": 34,
        "alias_medium": 18,
        "no_campaign": 8,
        "unexpanded_macro": 19,
        **_READABLE,
    },
    "tiktok_ads": {"click_id_only": 40, "alias_source": 20, "alias_medium": 10, "no_campaign": 9, **_READABLE},
    "newsletter": {"alias_medium": 60, "no_campaign": 25, "campaign_case": 15},
}

SOURCE_ALIASES: Final = {
    "facebook": ("fb", "Facebook", "facebook.com", "m.facebook.com"),
    "instagram": ("ig", "Instagram", "insta", "instagram.com"),
    "tiktok": ("tik-tok", "TikTok", "tiktok.com", "TIKTOK"),
    "youtube": ("yt", "YouTube", "youtube.com", "Youtube"),
}
MEDIUM_ALIASES: Final = {
    "social": ("organic_social", "Social", "organic-social", "social-media"),
    "paid_social": ("paidsocial", "paid-social", "Paid_Social", "paid+social"),
    "email": ("e-mail", "mail", "Email", "E-mail"),
}

REFERRERS: Final[dict[str, tuple[str, ...]]] = {
    "instagram_organic": ("https://l.instagram.com/", "https://www.instagram.com/"),
    "facebook_organic": (
        "https://l.facebook.com/",
        "https://m.facebook.com/",
        "https://lm.facebook.com/",
        "https://www.facebook.com/",
    ),
    "tiktok_organic": ("https://www.tiktok.com/",),
    "youtube_organic": ("https://www.youtube.com/", "https://m.youtube.com/"),
    "meta_ads_instagram": ("https://l.instagram.com/",),
    "meta_ads_facebook": ("https://l.facebook.com/", "https://m.facebook.com/"),
    "tiktok_ads": ("https://www.tiktok.com/",),
    "google_organic": ("https://www.google.com/", "https://www.google.no/", "https://www.google.se/"),
    "google_ads": ("https://www.google.com/", "https://www.google.no/", "https://www.google.se/"),
    "bing_organic": ("https://www.bing.com/",),
    "referral": (
        "https://www.turogfri.example/tester/kaffe-på-tur",
        "https://fjellbloggen.example/",
        "https://www.friluftsköket.example/guide",
    ),
    "payment_return": ("https://pay.klarna.com/", "https://pay.vipps.no/"),
    "ai_assistant": (
        "https://chatgpt.com/",
        "https://www.perplexity.ai/",
        "https://gemini.google.com/",
        "https://copilot.microsoft.com/",
        "https://claude.ai/",
    ),
}
# Social kinds whose tagged visits sometimes carry no referrer (in-app browsers); search and referrals always have one.
REFERRER_SHARE_TAGGED: Final = 0.7

IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID: Final = "Mozilla/5.0 (Linux; Android 15; SM-S921B Build/AP3A; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
IN_APP_AGENTS: Final[dict[str, tuple[str, ...]]] = {
    "instagram": (
        f"{IPHONE} Mobile/22G86 Instagram 395.0.0.28.85 (iPhone15,2; iOS 18_6; nb_NO; nb; scale=3.00; 1179x2556)",
        f"{ANDROID} Version/4.0 Chrome/139.0.7258.94 Mobile Safari/537.36 Instagram 394.0.0.46.81 Android (35/15; 480dpi;"
        " 1080x2340; samsung; SM-S921B; e1s; s5e9945; sv_SE)",
    ),
    "facebook": (
        f"{IPHONE} Mobile/22G86 [FBAN/FBIOS;FBAV/528.0.0.40.77;FBBV/779281332;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;"
        "FBSV/18.6;FBSS/3;FBID/phone;FBLC/nb_NO;FBOP/5]",
        f"{ANDROID} Version/4.0 Chrome/139.0.7258.94 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/527.0.0.43.61;]",
    ),
    "tiktok": (
        f"{IPHONE} Mobile/22G86 musical_ly_41.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/nb Region/NO"
        " BytedanceWebview/d8a21c6",
        f"{ANDROID} Version/4.0 Chrome/139.0.7258.94 Mobile Safari/537.36 musical_ly_2024103040 JsSdk/1.0 NetType/4G"
        " Channel/googleplay ByteLocale/sv ByteFullLocale/sv Region/SE BytedanceWebview/d8a21c6",
    ),
}
MOBILE_AGENTS: Final = (
    f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
)
DESKTOP_AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
)
BOT_AGENTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)

# country, permille of sessions whose link belongs to no market, currency, shop path
COUNTRIES: Final = (
    ("NO", 620, "NOK", "/no"),
    ("SE", 280, "SEK", "/sv"),
    ("DK", 40, "DKK", "/da"),
    ("FI", 30, "EUR", "/en"),
    ("DE", 30, "EUR", "/en"),
)
PATHS: Final = (
    "/",
    "/kaffe",
    "/utstyr/bålkjele",
    "/abonnement",
    "/oppskrifter/kokekaffe",
    "/kaffe/mørkbrent",
    "/om-oss",
)

# prices of a basket's parts in NOK with tax; the other currencies use whole amounts at these factors
BASKETS_NOK: Final = (249, 298, 349, 398, 498, 598, 649, 798, 898, 1098, 1398, 1690)
PRICE_FACTORS: Final = {"NOK": 1000, "SEK": 1050, "DKK": 650, "EUR": 90}

FIRST_NAMES: Final = (
    "Kari", "Ola", "Ingrid", "Lars", "Solveig", "Håkon", "Åse", "Bjørn", "Märta", "Björn", "Elsa", "Nils", "Sigrid", "Gøran",
)  # fmt: skip
LAST_NAMES: Final = (
    "Nordmann", "Hansen", "Lindström", "Åkesson", "Sørensen", "Bakke", "Öberg", "Dahl", "Fjeld", "Häggström", "Ness", "Ek",
)  # fmt: skip
MAIL_NAMES: Final = (
    "kari",
    "ola",
    "ingrid",
    "lars",
    "solveig",
    "hakon",
    "ase",
    "bjorn",
    "marta",
    "elsa",
    "nils",
    "sigrid",
)
