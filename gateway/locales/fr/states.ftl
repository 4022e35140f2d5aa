# What the usager is told.

state-registered = Enregistrée
state-in_progress = En cours de traitement
state-in_progress-department = En cours de traitement – service { $department }
state-waiting_requester = En attente de votre réponse
state-waiting_requester-until = En attente de votre réponse – avant le { $date }
state-forwarded = Transmise à un autre organisme
state-forwarded-to = Transmise { $organisation }
state-forwarded-on = Transmise { $organisation } le { $date }
state-resolved = Réponse envoyée
state-resolved-outcome = Réponse envoyée : { $outcome }
state-closed = Terminée
state-withdrawn = Retirée à votre demande
state-dismissed = Close sans suite

next-registered = Un agent va lire votre demande et vous répondre.
next-in_progress = Le service prépare sa réponse.
next-waiting_requester = Envoyez-nous ce qui vous a été demandé : nous reprendrons aussitôt.
next-forwarded = L’organisme compétent vous répondra ; vous n’avez rien à refaire.
next-resolved = Ce n’est pas ce que vous attendiez ? Répondez à notre message : votre demande sera rouverte.
next-closed = Rien : votre demande est terminée.
next-withdrawn = Rien : vous avez retiré votre demande.
next-dismissed = La raison vous a été écrite. Appelez-nous si elle n’est pas claire.

delay-restarts = Le délai de réponse repart à réception.
delay-suspended = Le délai de réponse est suspendu jusqu’au { $date }.
delay-shifted = Notre date de réponse est reportée du temps d’attente.

outcome-granted = accordée
outcome-partly_granted = accordée en partie
outcome-refused = refusée
outcome-informed = renseignée
outcome-done = réalisée
outcome-moot = sans objet
outcome-not_competent = hors compétence

# What agents say.

work-received = à enregistrer
work-queued = en file
work-offered = proposée
work-assigned = affectée
work-in_progress = en cours
work-waiting_requester = attente de l’usager
work-escalated = confiée au niveau 2
work-forwarded = transmise hors collectivité
work-resolved = répondue
work-closed = close
work-withdrawn = retirée
work-dismissed = sans suite

channel-email = courriel
channel-web = site
channel-phone = téléphone
channel-sms = SMS
channel-counter = guichet
channel-post = courrier
channel-api = partenaire

nature-request = demande
nature-complaint = réclamation
nature-report = signalement
nature-suggestion = suggestion
nature-information = renseignement

presence-available = disponible
presence-counter = au guichet
presence-phone = au téléphone
presence-break = en pause
presence-away = pas à son poste
