"""What messages say: whole sentences, names up to a number, no more than a message holds."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core.alert_text import MAX_CHARS, IncidentChange, compose, compose_for_site, digest
from center.core.alert_times import length, moment

CHANGE = IncidentChange(
    12, "opened", "critical", "parent", "line-telkom", "L5b", "isp", ("kel-1", "kel-2"), ("kel-1", "kel-2"),
    ("Serang",), 1_795_692_300_000, 1_795_692_720_000,
    "ISP Telkom putus: 2 lokasi tidak terhubung", "ISP Telkom is cut",
)  # fmt: skip


def test_a_message_says_what_since_when_where_why_and_what_to_do() -> None:
    assert compose(CHANGE, {"kel-1": "Cipare", "kel-2": "Sukawana"}, "id") == (
        "[KRITIS] ISP Telkom putus: 2 lokasi tidak terhubung\n"
        "Sejak 26 Nov 2026 18.25 WIB.\n"
        "Lokasi (2): Cipare, Sukawana.\n"
        "Penyebab: ISP diam di belakang router (L5b; tanggung jawab penyedia internet (ISP)).\n"
        "Lakukan: Lapor ke ISP: router kami hidup, jaringan ISP di belakangnya diam; catat nomor tiket.\n"
        "Insiden #12"
    )


def test_a_recovery_says_from_when_to_when_and_asks_for_nothing() -> None:
    text = compose(replace(CHANGE, what="resolved", why="recovered", text_id="ISP Telkom pulih."), {}, "id")
    assert text.splitlines()[:2] == [
        "[PULIH] ISP Telkom pulih.",
        "Insiden #12: 26 Nov 2026 18.25 WIB sampai 26 Nov 2026 18.32 WIB (7 menit).",
    ]
    assert "Lakukan" not in text


def test_an_incident_that_became_part_of_a_greater_one_is_not_called_recovered() -> None:
    joined = replace(CHANGE, what="resolved", why="joined", text_id="Cipare: bagian dari insiden yang lebih besar.")
    first, *others = compose(replace(joined, sites=("kel-1",)), {}, "id").splitlines()
    assert first.startswith("[DIGABUNG] Cipare: bagian dari")
    assert others == ["Sejak 26 Nov 2026 18.25 WIB.", "Insiden #12"], "it lasts: no end and no length"
    said = compose_for_site(joined, "Cipare", "id")
    assert "pulih" not in said and "ditutup" not in said and "bagian dari gangguan yang lebih besar" in said
    assert "sudah pulih sejak" in compose_for_site(replace(joined, why="recovered"), "Cipare", "id")
    assert compose(replace(joined, why="closed"), {}, "id").startswith("[SELESAI]")
    assert compose(replace(joined, why="maintenance"), {}, "id").startswith("[PEKERJAAN]")


def test_thirty_members_are_twelve_names_and_a_number() -> None:
    sites = tuple(f"kel-{number:02}" for number in range(30))
    text = compose(replace(CHANGE, sites=sites), {}, "id")
    assert "Lokasi (30): kel-00, " in text and "kel-11, dan 18 lagi." in text and "kel-12" not in text


def test_causes_without_a_verdict_are_not_explained_and_still_something_is_to_check() -> None:
    text = compose(replace(CHANGE, kind="node", cause="silent", party="none"), {}, "id")
    assert "Penyebab" not in text
    assert "\nTanggung jawab: belum diketahui.\nLakukan: Telepon lokasi: apakah listrik" in text
    said = compose_for_site(replace(CHANGE, cause="x"), "Cipare", "id")
    assert "Mohon diperiksa di lokasi: Lihat apakah listrik" in said


def test_lengths_are_said_in_two_units() -> None:
    assert [length(ms, "id") for ms in (4_000, 60_000, 3_900_000, 90_000_000)] == [
        "4 detik", "1 menit", "1 jam 5 menit", "1 hari 1 jam",
    ]  # fmt: skip
    assert length(90_000_000, "en") == "1 d 1 h"


@given(st.integers(), st.integers(), st.lists(st.text(), max_size=40), st.text(max_size=9_000))
def test_whatever_is_told_fits_into_a_message(start: int, now: int, sites: list[str], text: str) -> None:
    change = replace(CHANGE, started_ms=start, at_ms=now, sites=tuple(sites), text_en=text, what="resolved")
    for said in (compose(change, {}, "en"), compose_for_site(change, "x" * 5_000, "en"), moment(start, "en")):
        assert 0 < len(said) <= MAX_CHARS


def test_a_digest_names_whatever_is_over_though_it_names_no_more_than_twelve_of_the_rest() -> None:
    texts = [f"[KRITIS] Nomor {number} putus." for number in range(20)]
    texts += [f"[PULIH] Nomor {number} pulih.\nInsiden #1" for number in range(100, 115)]
    said = digest(texts, "critical", "id")
    assert all(f"Nomor {number} pulih" in said for number in range(100, 115))
    assert "Nomor 11 putus" in said and "Nomor 12 putus" not in said and said.endswith("… dan 8 lagi.")
    assert len(digest([f"[PULIH] {'x' * 300} {number}" for number in range(500)], "info", "en")) <= 3_500
