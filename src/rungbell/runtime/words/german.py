"""German.

May import: ``domain`` and ``words``.
"""

from rungbell.domain.page import Purpose
from rungbell.runtime.words.words import Words

WORDS = Words(
    why={
        Purpose.AT_ONCE: "",
        Purpose.UPGRADE: "der Schweregrad wurde erhöht",
        Purpose.LAPSE: "bisher hat niemand übernommen",
        Purpose.REPEAT: "bisher hat niemand übernommen; du wurdest schon gerufen",
        Purpose.ENGAGEMENT: "die Entwicklung hat nicht rechtzeitig übernommen",
        Purpose.UNRESOLVED: "es ist noch immer nicht behoben",
        Purpose.EXHAUSTED: "alle Stufen wurden gerufen, und niemand hat übernommen",
        Purpose.TIER_EMPTY: "auf der Stufe unter dir ist niemand erreichbar",
        Purpose.MANUAL: "jemand ruft nach dir",
        Purpose.ACKNOWLEDGEMENT_ENDED: "deine Übernahme ist abgelaufen, und es ist nicht behoben",
        Purpose.RESOLUTION: "es war lange genug stabil: schließe es ab, oder sage, warum nicht",
        Purpose.NEWS: "nur zur Kenntnis; nichts zu tun",
        Purpose.REMINDER: "eine Erinnerung",
    },
    guessed="geschätzt",
    firing="{firing} von {alerts} Alarmen aktiv",
    since="seit {at}",
    held="übernommen von {person} seit {at}",
    commanded="geleitet von {person} seit {at}",
    test="TEST: alles ist in Ordnung. {by} prüft, ob {channel} dich erreicht",
    test_answer="Bestätige den Empfang, damit rungbell es weiß.",
    held_back="{pages} Vorfälle brauchen dich, zurückgehalten und zusammengefasst: {severities}",
    more="und {more} weitere",
    together="Eine Quittung gilt für alle.",
)
