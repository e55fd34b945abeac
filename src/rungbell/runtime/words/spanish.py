"""Spanish.

May import: ``domain`` and ``words``.
"""

from rungbell.domain.page import Purpose
from rungbell.runtime.words.words import Words

WORDS = Words(
    why={
        Purpose.AT_ONCE: "",
        Purpose.UPGRADE: "se ha elevado la gravedad",
        Purpose.LAPSE: "nadie lo ha asumido todavía",
        Purpose.REPEAT: "nadie lo ha asumido todavía; ya se te avisó antes",
        Purpose.ENGAGEMENT: "ingeniería no lo ha asumido a tiempo",
        Purpose.UNRESOLVED: "sigue sin resolverse",
        Purpose.EXHAUSTED: "se ha avisado a todos los niveles y nadie lo ha asumido",
        Purpose.TIER_EMPTY: "no se puede localizar a nadie en el nivel inferior al tuyo",
        Purpose.MANUAL: "alguien pide tu ayuda",
        Purpose.ACKNOWLEDGEMENT_ENDED: "tu confirmación ha caducado y no está resuelto",
        Purpose.RESOLUTION: "ha estado estable el tiempo previsto: ciérralo, o di por qué no",
        Purpose.NEWS: "para tu información; no hay que hacer nada",
        Purpose.REMINDER: "un recordatorio",
    },
    guessed="estimada",
    firing="{firing} de {alerts} alertas activas",
    since="desde {at}",
    held="asumido por {person} desde {at}",
    commanded="dirigido por {person} desde {at}",
    test="PRUEBA (TEST): todo va bien. {by} comprueba si {channel} te llega",
    test_answer="Confirma la recepción, para que rungbell lo sepa.",
    held_back="{pages} incidentes te necesitan, retenidos y agrupados: {severities}",
    more="y {more} más",
    together="Una sola confirmación vale para todos.",
)
