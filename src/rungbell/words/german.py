"""German.

May import: ``domain`` and ``words``.
"""

from rungbell.domain.incident import Status
from rungbell.domain.page import Purpose
from rungbell.words.words import ButtonWords, HeardWords, LinkWords, ShiftWords, SmsWords, TelephoneWords, Words

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
    statuses={
        Status.TRIGGERED: "ausgelöst",
        Status.ACKNOWLEDGED: "übernommen",
        Status.INVESTIGATING: "in Untersuchung",
        Status.IDENTIFIED: "eingegrenzt",
        Status.CONTAINED: "eingedämmt",
        Status.FIXING: "in Behebung",
        Status.MONITORING: "unter Beobachtung",
        Status.RESOLVED: "behoben",
        Status.CLOSED: "erledigt",
        Status.FALSE_POSITIVE: "als Fehlalarm erkannt",
        Status.MERGED: "mit einem anderen zusammengelegt",
    },
    shift=ShiftWords(
        coming="In {minutes} min beginnt deine Bereitschaft für {schedule}, ab {at} {until}",
        begun="Du hast Bereitschaft für {schedule} seit {at}, {until}",
        ended="Deine Bereitschaft für {schedule} endete {at}; jetzt hat sie: {people}",
        until="bis {at}",
        beyond="für mehr als {days} Tage",
        nobody="niemand",
        override="Anstelle von {place}, durch Vertretung {id}, eingetragen von {by}",
        everybody="allen anderen",
        note="Übergabenotiz von {by}, {at}:",
        more="… und {more} weitere Zeilen",
        days=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    ),
    telephone=TelephoneWords(
        voice="de-DE",
        incident="Vorfall",
        menu="Drücke 4, um zu übernehmen, 5, um zu eskalieren, 6, wenn es behoben ist.",
        insist="Drücke noch einmal 6, wenn es trotzdem behoben ist, oder 4, um zu übernehmen.",
        goodbye="Auf Wiederhören.",
        nothing="Es wurde nichts festgehalten.",
        no_key="Diese Taste bedeutet hier nichts.",
        again="Nicht festgehalten. Drücke noch einmal.",
        acknowledged="Vorfall {number} übernommen.",
        escalated="Vorfall {number} eskaliert.",
        resolved="Vorfall {number} behoben.",
        stands="Vorfall {number} ist {status}.",
        held="Vorfall {number} ist {status}, übernommen von {person}.",
        ended="Vorfall {number} ist {status}, von {person}.",
    ),
    sms=SmsWords(
        reply="Antworte 4 {code} = übernehmen, 5 {code} = eskalieren, 6 {code} = behoben",
        hint=(
            "Nicht verstanden: sende 4 und die fünf Ziffern der Nachricht zum Übernehmen, 5 zum "
            "Eskalieren, 6, wenn es behoben ist."
        ),
        again="Nicht festgehalten. Bitte sende es noch einmal.",
        reason="; sende es noch einmal, mit dem Grund hinter dem Code",
        acknowledged="#{number} übernommen",
        escalated="#{number} eskaliert",
        resolved="#{number} behoben",
        stands="#{number} ist {status}",
        held="#{number} ist {status}, übernommen von {person}",
        ended="#{number} ist {status}, von {person}",
    ),
    heard=HeardWords(
        unknown="das gehört zu keinem Ruf, der hier bekannt ist; nichts wurde geändert",
        only_together="was zusammen kam, kann nur zusammen übernommen werden",
        together="{done} von {all} übernommen",
        others="; {others} hat schon jemand, oder sie sind vorbei oder nicht für dich",
        tried="TEST: {channel} erreicht {person}; sonst wurde nichts gefragt",
    ),
    buttons=ButtonWords(acknowledge="Übernehmen", escalate="Eskalieren", resolve="Behoben"),
    link=LinkWords(
        acknowledge="Übernehmen",
        acknowledge_all="Alle übernehmen",
        firing="Aktiv",
        since="Seit",
        paged="Gerufen",
        severity="Schweregrad",
        alerts="{firing} von {alerts} Alarmen",
        parts="{firing} Alarme, mit denen von {parts} anderen Vorfällen",
        nobody_yet="noch niemand",
        by="von {person}",
        for_you="Gerufen: {person}",
        you_hold="Du hast diesen Vorfall seit {at}, bis {until}",
        held="Übernommen von {person} seit {at}, bis {until}",
        used="Dieser Link wurde {at} benutzt; jetzt hat den Vorfall niemand. Nimm einen neueren Ruf.",
        expired="Dieser Link ist seit {at} abgelaufen",
        ended="Schon {status} von {person}, {at}",
        ended_itself="Schon von selbst {status}, {at}",
        cycle=(
            "Dieser Ruf gehört zu Zyklus {cycle}; der Vorfall ist seitdem wieder aufgegangen. Nimm einen neueren Ruf."
        ),
        other_contact="Dieser Testruf ging an einen Kontakt, den die Konfiguration nicht mehr hat",
        tried="TEST: {channel} erreicht dich, {person}; bestätigt {at}",
        to_try="TEST: alles ist in Ordnung. Bestätige, dass {channel} dich erreicht, {person}",
        spent="Nichts davon kann mit diesem Link noch übernommen werden: {count} Vorfälle",
        waiting="Gerufen: {person}; {waiting} von {count} hat noch niemand",
        away=(
            "rungbell erreicht seinen Speicher nicht. Dies ist vielleicht nicht eingetragen; versuche es noch einmal, "
            "oder nimm die Kommandozeile."
        ),
    ),
)
