"""French.

May import: ``domain`` and ``words``.
"""

from rungbell.domain.page import Purpose
from rungbell.runtime.words.words import Words

WORDS = Words(
    why={
        Purpose.AT_ONCE: "",
        Purpose.UPGRADE: "la gravité a été relevée",
        Purpose.LAPSE: "personne n'a encore pris en charge",
        Purpose.REPEAT: "personne n'a encore pris en charge ; vous avez déjà été appelé",
        Purpose.ENGAGEMENT: "l'ingénierie n'a pas pris en charge à temps",
        Purpose.UNRESOLVED: "ce n'est toujours pas résolu",
        Purpose.EXHAUSTED: "tous les niveaux ont été appelés et personne n'a pris en charge",
        Purpose.TIER_EMPTY: "personne n'est joignable au niveau en dessous de vous",
        Purpose.MANUAL: "quelqu'un vous demande",
        Purpose.ACKNOWLEDGEMENT_ENDED: "votre prise en charge a expiré et ce n'est pas résolu",
        Purpose.RESOLUTION: "c'est stable depuis assez longtemps : clôturez, ou dites pourquoi non",
        Purpose.NEWS: "pour information ; rien à faire",
        Purpose.REMINDER: "un rappel",
    },
    guessed="estimée",
    firing="{firing} alertes actives sur {alerts}",
    since="depuis {at}",
    held="pris en charge par {person} depuis {at}",
    commanded="dirigé par {person} depuis {at}",
    test="TEST : tout va bien. {by} vérifie que {channel} vous joint",
    test_answer="Confirmez la réception, pour que rungbell le sache.",
    held_back="{pages} incidents vous demandent, retenus et regroupés : {severities}",
    more="et {more} autres",
    together="Un seul acquittement vaut pour tous.",
)
