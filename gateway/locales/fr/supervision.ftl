# What supervision says: figures, and the lists they count.

supervision-title = Pilotage
supervision-heading = Pilotage
supervision-totals = En ce moment
supervision-none = Aucune demande n’est ouverte.
supervision-agents = Agents
supervision-agents-hint = Présence et charge du moment. La charge compte les demandes en main, jamais leur durée.
supervision-back = Retour au pilotage
supervision-list-none = Aucune demande dans cette liste.
supervision-next = Demandes suivantes
unroutable-alarm = Personne dans l’annuaire ne peut traiter certaines demandes.
unroutable-hint = Il manque une compétence ou une habilitation.
unroutable-link = Voir ces demandes
figure-open = ouvertes
figure-waiting = en file
figure-offered = proposées
figure-in-hand = chez un agent
figure-awaiting-usager = chez l’usager
figure-at-risk = bientôt en retard
figure-late = en retard
figure-unroutable = sans agent possible
column-oldest = La plus ancienne attend depuis
column-agent = Agent
column-presence = Présence
column-load = Charge
column-received = Reçue le
nav-supervision = Pilotage
