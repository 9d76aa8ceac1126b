"""What the made-up brand does in marketing: accounts, content series, ads, and the KPIs' way to their targets. Data only."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Account:
    """A social account that posts. `posts_per_week` and `reach` are for a brand of about 670 sessions a day."""

    key: str
    platform: str
    name: str
    handle: str
    account_id: str
    market: str
    language: str
    posts_per_week: int
    reach: int
    followers: int


ACCOUNTS: Final = (
    Account("facebook_no", "facebook", "Fjellbrygg Norge", "fjellbryggno", "100071200340561", "NO", "en", 4, 3400, 12100),
    Account("facebook_se", "facebook", "Fjellbrygg Sverige", "fjellbryggse", "100071200340877", "SE", "sv", 3, 2100, 7300),
    Account("instagram_no", "instagram", "Fjellbrygg Norge", "fjellbrygg.no", "17841460012345017", "NO", "en", 5, 4200, 18400),
    Account("instagram_se", "instagram", "Fjellbrygg Sverige", "fjellbrygg.se", "17841460012345904", "SE", "sv", 3, 2500, 9600),
    Account("tiktok", "tiktok", "Fjellbrygg", "fjellbrygg", "7301884411200", "NO", "en", 4, 5200, 9300),
    Account("youtube", "youtube", "Fjellbrygg", "fjellbrygg", "UCfJ3llbryggKaffe0000001", "NO", "en", 1, 6100, 4100),
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """A fixed content series: its slug in utm_content, names by market, the campaign its links are tagged with."""

    slug: str
    title_no: str
    title_se: str
    campaign: str
    goal: str
    phase: str
    quality: float
    captions_no: tuple[str, ...]
    captions_se: tuple[str, ...]


SERIES: Final = (
    Series(
        "bryggeskolen", "Bryggeskolen", "Bryggskolan", "kaffe_pa_tur", "engagement", "intention", 1.25,
        ("Slik koker du kaffe på bål uten at den blir besk.\n\nTre feil vi alle har gjort 👇 #turkaffe #bålkos",
         "Hvor grovt skal du male? Vi prøvde åtte innstillinger, så slipper du.",
         "«Er det ikke bare kaffe?» Nei, og her er hvorfor: vannet, malingen, tiden."),
        ("Så kokar du kaffe över öppen eld utan att den blir besk.\n\nTre misstag vi alla gjort 👇 #kokkaffe #friluftsliv",
         "Hur grovt ska du mala? Vi provade åtta lägen så att du slipper.",
         "Är det inte bara kaffe? Nej, och här är varför: vattnet, malningen, tiden."),
    ),
    Series(
        "turlyst", "Turlyst", "Äventyrslust", "host_2026", "reach", "awareness", 1.0,
        ("Soloppgang på Gaustatoppen, én kopp og null dekning. Hvor går du i helgen?",
         "Høstfjellet er på sitt beste nå. Lagre denne til neste tur 🍂",
         "Åtte timer, tre topper, to termoser. Tagg en turvenn!"),
        ("Soluppgång på Åreskutan, en kopp och noll täckning. Vart går du i helgen?",
         "Höstfjället är som bäst nu. Spara den här till nästa tur 🍂",
         "Åtta timmar, tre toppar, två termosar. Tagga en vän!"),
    ),
    Series(
        "kundehistorier", "Kundehistorier", "Kundberättelser", "vinterklar_2026", "traffic", "activation", 0.85,
        ("Øyvind drar på skift klokka fire. Slik lager han kaffe i pickupen. Se hele historien, lenke i profilen.",
         "Hytta, regnet og en mokkakanne fra 1972: Åses historie.",
         "Kontoret på Hamar byttet ut maskinen. 41 kopper senere …"),
        ("Göran går på skift klockan fyra. Så gör han kaffe i pickupen. Hela historien: länk i profilen.",
         "Stugan, regnet och en mokabryggare från 1972: Märtas berättelse.",
         "Kontoret i Östersund bytte ut maskinen. 41 koppar senare …"),
    ),
    Series(
        "webinar", "Kaffe på jobben", "Kaffe på jobbet", "webinar_kaffe_pa_jobben", "traffic", "conversion", 0.7,
        ("Gratis webinar: bedre kaffe på jobben på 30 minutter. Meld deg på her.",
         "Fem ting innkjøpere spør oss om, besvart direkte torsdag klokka 11."),
        ("Gratis webbinarium: bättre kaffe på jobbet på 30 minuter. Anmäl dig här.",
         "Fem saker som inköpare frågar oss om, besvarade direkt på torsdag klockan 11."),
    ),
)  # fmt: skip
HOOKS: Final = ("question", "mistake", "number", "before_after", "pov")
CREATORS: Final = ("Solveig Bakke", "Håkon Næss", "Elsa Lindström", "Byrået Ørret", "Turpar Åse og Nils")


@dataclass(frozen=True)
class Ad:
    """One ad of Meta Ads or TikTok; `campaign` is its utm_campaign and `name` its utm_content, letter for letter.

    `starts` and `ends` are shares of the period; `ctr` and `weight` scale the brand's click-through rate and traffic.
    """

    platform: str
    market: str
    campaign: str
    ad_set: str
    name: str
    starts: float
    ends: float
    weight: int
    ctr: float
    is_video: bool


ADS: Final = (
    Ad("meta", "NO", "no_vinterklar_prospektering", "no_tur_25_44", "bålkaffe_video_krok_a", 0.0, 1.0, 5, 1.15, True),
    Ad("meta", "NO", "no_vinterklar_prospektering", "no_tur_25_44", "bålkaffe_video_krok_b", 0.0, 1.0, 4, 0.90, True),
    Ad("meta", "NO", "no_vinterklar_prospektering", "no_hytte_45_65", "hyttekos_bilde", 0.1, 1.0, 3, 0.85, False),
    Ad(
        "meta", "NO", "no_retargeting_handlekurv", "no_besokende_30d", "glemt_kaffen_karusell", 0.0, 1.0, 3, 1.40, False
    ),
    Ad("meta", "NO", "no_kaffe_pa_jobben_leads", "no_innkjopere", "webinar_skjema_video", 0.0, 1.0, 3, 0.95, True),
    Ad("meta", "NO", "no_kaffe_pa_jobben_leads", "no_innkjopere", "kontor_før_etter", 0.3, 1.0, 2, 1.05, True),
    Ad("meta", "NO", "pilot_no_kuldetest", "no_ekstrem", "kuldetest_minus_24", 0.45, 1.0, 1, 1.30, True),
    Ad("meta", "NO", "black_week_2026", "no_bred", "svart_uke_smakspakke", 0.88, 1.0, 4, 1.20, False),
    Ad(
        "meta",
        "SE",
        "se_vinterredo_prospektering",
        "se_friluft_25_44",
        "kokkaffe_video_krok_a",
        0.0,
        1.0,
        4,
        1.10,
        True,
    ),
    Ad(
        "meta",
        "SE",
        "se_vinterredo_prospektering",
        "se_friluft_25_44",
        "kokkaffe_video_krok_b",
        0.2,
        1.0,
        2,
        0.80,
        True,
    ),
    Ad("meta", "SE", "se_retargeting_varukorg", "se_besokare_30d", "glömt_kaffet_karusell", 0.0, 1.0, 2, 1.35, False),
    Ad("meta", "SE", "se_kaffe_pa_jobbet_leads", "se_inkopare", "webbinarium_formulär", 0.0, 1.0, 2, 0.90, True),
    Ad("tiktok", "NO", "no_tiktok_turkaffe", "no_18_34", "pov_bålkaffe", 0.0, 1.0, 3, 1.0, True),
    Ad("tiktok", "SE", "se_tiktok_kokkaffe", "se_18_34", "pov_kokkaffe", 0.1, 1.0, 2, 1.0, True),
)
SEARCH_CAMPAIGNS: Final = (("brand_search_no", "NO"), ("turkaffe_search_no", "NO"), ("brand_search_se", "SE"))


@dataclass(frozen=True)
class Ramp:
    """A KPI on the way from its plan's baseline to its target; `at(share of the period)` is the expected value."""

    first: float
    last: float

    def at(self, share: float) -> float:
        """Return the value when `share` (0 to 1) of the period has passed."""
        return self.first + (self.last - self.first) * share


# Baselines and 90-day targets of the two shipped plans (nb2026 in NOK, sv2026 in SEK).
COMPLETION: Final = Ramp(0.18, 0.28)
ENGAGEMENT: Final = Ramp(0.035, 0.050)
COMMENTS_PER_VIEW: Final = Ramp(0.006, 0.010)
NEGATIVE_PER_VIEW: Final = Ramp(0.0018, 0.0012)
PROFILE_VISITS_WEEK: Final = Ramp(1200, 2000)
PROFILE_LINK_CTR: Final = Ramp(0.011, 0.018)
FOLLOWER_GROWTH_MONTH: Final = Ramp(0.025, 0.050)
AD_CTR: Final = Ramp(0.010, 0.016)
AD_COST_PER_SESSION_NOK: Final = Ramp(2.55, 2.88)
QA_PASS: Final = Ramp(0.70, 0.90)
QUALIFIED: Final = Ramp(0.35, 0.45)
